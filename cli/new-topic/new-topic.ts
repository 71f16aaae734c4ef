/** `kit new topic` and `kit new consumer`: from flags and answers to files and output. */
import type { Model } from "../../components/model/types.ts";
import type { CommandContext } from "../context.ts";
import { writeChanges } from "../new-service/file-writing.ts";
import { paintedChange, paintedCreation } from "../new-service/painted-changes.ts";
import { DeclarationProblems, declarationError, readForAllStacks } from "../new-service/project-model.ts";
import type { ProjectReading } from "../new-service/project-reading.ts";
import { readProject } from "../new-service/project-reading.ts";
import { unifiedDiff } from "../new-service/unified-diff.ts";
import { colorsFor, writeJson } from "../terminal/output.ts";
import type { ConsumerFlags, TopicFlags } from "./questions.ts";
import { checkNewName, completeConsumer, completeTopic } from "./questions.ts";
import type { DeclarationPlan } from "./topic-plan.ts";
import { planNewConsumer, planNewTopic } from "./topic-plan.ts";

/** Options of the commands. */
export interface DeclarationOptions {
  /** Previews the changes, and writes nothing. */
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** Declares a topic. @throws KitError of the kinds `KIT_NEW_…`, `KIT_MODEL_INVALID`. */
export async function newTopic(
  context: CommandContext,
  flags: TopicFlags & { readonly name: string },
  options: DeclarationOptions,
): Promise<void> {
  checkNewName("topic", flags.name);
  await declare(context, options, `the topic ${flags.name}`, async (project, model) =>
    planNewTopic(project, await completeTopic(context, model, flags)),
  );
}

/** Declares a consumer of a topic. @throws as {@link newTopic}. */
export async function newConsumer(
  context: CommandContext,
  flags: ConsumerFlags & { readonly service: string },
  options: DeclarationOptions,
): Promise<void> {
  checkNewName("service", flags.service);
  await declare(context, options, `the consumer ${flags.service}`, async (project, model) =>
    planNewConsumer(project, await completeConsumer(context, model, flags)),
  );
}

async function declare(
  context: CommandContext,
  options: DeclarationOptions,
  what: string,
  plan: (project: ProjectReading, model: Model) => Promise<DeclarationPlan>,
): Promise<void> {
  const project = await readProject(context.projectDir);
  const planned = await explained(context, async () =>
    plan(project, readForAllStacks(project.topicFiles, project.stackFiles, true)),
  );
  if (!options.dryRun) writeChanges(context.projectDir, planned.changes);
  if (options.json) writeJson(context, document(planned, options.dryRun));
  else context.stdout.write(report(context, planned, what, options.dryRun));
}

async function explained(context: CommandContext, plan: () => Promise<DeclarationPlan>): Promise<DeclarationPlan> {
  try {
    return await plan();
  } catch (error) {
    if (!(error instanceof DeclarationProblems)) throw error;
    throw declarationError(context, error, "KIT_NEW_REFUSED");
  }
}

function document({ changes, effects }: DeclarationPlan, dryRun: boolean): object {
  return {
    dryRun,
    created: changes.created.map(({ path }) => path),
    changed: changes.changed.map(({ path, before, after }) => ({ path, diff: unifiedDiff(path, before, after) })),
    effects,
  };
}

function report(context: CommandContext, { changes, effects }: DeclarationPlan, what: string, dryRun: boolean): string {
  const colors = colorsFor(context.stdout, context.env);
  const facts: readonly (readonly [string, readonly string[]])[] = [
    ["topics", effects.topics],
    ["access", effects.access],
    ["subjects", effects.subjects],
    ["principals", effects.principals],
  ];
  return [
    `${dryRun ? "Would declare" : "Declared"} ${colors.bold(what)}`,
    "",
    ...changes.created.flatMap((file) => [colors.bold(`new ${file.path}`), ...paintedCreation(file, colors)]),
    ...changes.changed.flatMap((file) => paintedChange(file, colors)),
    ...facts
      .filter(([, names]) => names.length > 0)
      .map(([name, names]) => `${`new ${name}:`.padEnd(16)}${names.join(", ")}`),
    "",
    dryRun
      ? "Nothing was written. Without --dry-run it is."
      : "Next: `npx kit check`, `npx kit diff --base HEAD`, `npx kit up`.",
    "",
  ].join("\n");
}
