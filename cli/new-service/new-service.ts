/** `kit new service`: from the request to files and output. */
import type { CommandContext } from "../context.ts";
import { colorsFor, writeJson } from "../terminal/output.ts";
import { writeChanges } from "./file-writing.ts";
import { paintedChange, paintedCreation } from "./painted-changes.ts";
import { DeclarationProblems, declarationError } from "./project-model.ts";
import { readProject } from "./project-reading.ts";
import type { NewServicePlan, NewServiceRequest } from "./service-plan.ts";
import { planNewService } from "./service-plan.ts";
import { unifiedDiff } from "./unified-diff.ts";

/** Options of the command. */
export interface NewServiceOptions {
  /** Previews the changes, and writes nothing. */
  readonly dryRun: boolean;
  readonly json: boolean;
}

/**
 * Makes a service from a template.
 * @throws KitError of the kinds `KIT_NEW_…`, and `KIT_MODEL_INVALID` when the declaration already has problems.
 */
export async function newService(
  context: CommandContext,
  request: NewServiceRequest,
  options: NewServiceOptions,
): Promise<void> {
  const plan = await planned(context, request);
  if (!options.dryRun) writeChanges(context.projectDir, plan.changes);
  if (options.json) writeJson(context, document(plan, options.dryRun));
  else context.stdout.write(report(context, plan, options.dryRun));
}

async function planned(context: CommandContext, request: NewServiceRequest): Promise<NewServicePlan> {
  const project = await readProject(context.projectDir);
  try {
    return planNewService(project, request);
  } catch (error) {
    if (!(error instanceof DeclarationProblems)) throw error;
    throw declarationError(context, error, "KIT_NEW_REFUSED");
  }
}

/** The JSON document. */
function document(plan: NewServicePlan, dryRun: boolean): object {
  const { service, template, domain, team, access, changes, notes } = plan;
  return {
    service,
    template,
    domain,
    team,
    dryRun,
    access,
    created: changes.created.map(({ path }) => path),
    changed: changes.changed.map(({ path, before, after }) => ({ path, diff: unifiedDiff(path, before, after) })),
    notes,
  };
}

function report(context: CommandContext, plan: NewServicePlan, dryRun: boolean): string {
  const colors = colorsFor(context.stdout, context.env);
  const { service, template, domain, team, access, changes } = plan;
  // A reviewer reads only the new text in topics/; the copied code is the template's.
  const shown = changes.created.filter(({ path }) => path === `topics/${domain}.yaml`);
  const facts: [string, string | undefined][] = [
    ["reads", access.consumes.map(({ topic, events }) => `${topic} (${events.join(", ")})`).join("; ")],
    ["publishes", access.publishes.map(({ topic, events }) => `${topic} (${events.join(", ")})`).join("; ")],
    ["dead-letter records", access.deadLetterTopic],
    ["retries", access.retryTopics.join(", ")],
    ["database", access.database],
    ["Redis keys", access.redisKeys],
  ];
  return [
    `${dryRun ? "Would make" : "Made"} ${colors.bold(service)} from ${template}, in the domain ${domain} of the team ${team}`,
    "",
    ...changes.created.map(({ path }) => `${colors.green("new")}      ${path}`),
    ...changes.changed.map(({ path }) => `${colors.yellow("changed")}  ${path}`),
    "",
    ...(dryRun
      ? [
          ...shown.flatMap((file) => [`${file.path}:`, ...paintedCreation(file, colors)]),
          ...changes.changed.flatMap((file) => paintedChange(file, colors)),
        ]
      : []),
    ...facts
      .filter(([, value]) => value !== undefined && value !== "")
      .map(([name, value]) => `${`${name}:`.padEnd(14)}${value ?? ""}`),
    ...plan.notes.map((note) => `${colors.cyan("note")}: ${note}`),
    "",
    dryRun
      ? "Nothing was written. Without --dry-run it is."
      : `Next: change what it does (service-templates/${service}/src), \`npx kit test --only types,unit ${service}\`, \`npx kit up\`.`,
    "",
  ].join("\n");
}
