/** `kit import`: from a running cluster to files, and to the list of topics that the next run adopts. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readModel } from "../../components/model/read.ts";
import { sharedTypesOf } from "../../components/model/schemas/shared-types.ts";
import type { StackSettings } from "../../components/model/stack/stack.ts";
import { modelFor } from "../../components/model/topics/environment.ts";
import type { Model } from "../../components/model/types.ts";
import { slugPattern } from "../../components/model/values/names.ts";
import type { Deviation } from "../../components/plan/drift.ts";
import { findDrift } from "../../components/plan/drift.ts";
import type { LivePlatform } from "../../components/plan/live.ts";
import { planPlatform } from "../../components/plan/plan.ts";
import { topicConfigKeys } from "../../components/plan/topics.ts";
import { declaredTopics } from "../../components/plan/topology.ts";
import type { PlatformPlan } from "../../components/plan/types.ts";
import type { CommandContext } from "../context.ts";
import { KitError } from "../errors.ts";
import { readCluster } from "../live/cluster-reader.ts";
import { liveLogin } from "../live/login.ts";
import { readSubjects } from "../live/registry-reader.ts";
import type { FileChanges } from "../new-service/file-change.ts";
import { writeChanges } from "../new-service/file-writing.ts";
import { DeclarationProblems, declarationError, overlaid, readForAllStacks } from "../new-service/project-model.ts";
import type { ProjectReading } from "../new-service/project-reading.ts";
import { readProject } from "../new-service/project-reading.ts";
import { rememberBegunTopics } from "../pulumi/begun-creations.ts";
import { adoptedFiles } from "./adopted-files.ts";
import type { AdoptedTopic, Adoption, LeftOut } from "./adoption.ts";
import { adopt } from "./adoption.ts";

/** What the user asked for. */
export interface ImportRequest {
  readonly stack: string;
  /** Patterns of topics, `*` for any characters; topics that match the second list are excluded. */
  readonly topics: readonly string[];
  readonly exclude: readonly string[];
  readonly domain: string | undefined;
  readonly team: string | undefined;
  readonly takeOverUsers: boolean;
  /** Shows everything, writes nothing. */
  readonly dryRun: boolean;
}

/** Result of the import. */
export interface ImportOutcome {
  readonly stack: string;
  readonly dryRun: boolean;
  readonly topics: readonly AdoptedTopic[];
  readonly leftOut: readonly LeftOut[];
  readonly notes: readonly string[];
  readonly files: FileChanges;
  /** Changes on the cluster that the next `up` makes because of the import. */
  readonly effects: readonly Deviation[];
  /** File with the topics to adopt, for plain Pulumi; absent where `kit up` finds it by itself. */
  readonly adoptFile?: string;
}

/**
 * Reads the cluster, derives the declaration, reads it back for every stack, and writes it.
 * @throws KitError of login, servers and declaration; `KIT_IMPORT_REFUSED` if the derived declaration does not fit.
 */
export async function importCluster(
  context: CommandContext,
  request: ImportRequest,
  options: Readonly<Record<string, unknown>>,
): Promise<ImportOutcome> {
  checkSlug("--domain", request.domain);
  checkSlug("--team", request.team);
  const project = await readProject(context.projectDir);
  const before = readDeclared(context, project, request.stack);
  const login = await liveLogin(context, options);
  const [cluster, subjects] = await Promise.all([
    readCluster(login.cluster, topicConfigKeys),
    login.registry === undefined ? undefined : readSubjects(login.registry),
  ]);
  const live: LivePlatform = { ...cluster.live, ...(subjects === undefined ? {} : { subjects }) };
  const { adoption, files, after } = derive(context, request, project, before, live);
  const known = new Set(findDrift(before.plan, live).map(subjectOf));
  const effects = findDrift(after, live).filter(
    (deviation) => deviation.class !== "undeclared" && !known.has(subjectOf(deviation)),
  );
  const outcome = {
    stack: request.stack,
    dryRun: request.dryRun,
    topics: adoption.topics,
    leftOut: adoption.leftOut,
    notes: adoption.notes,
    files,
    effects,
  };
  if (request.dryRun || adoption.topics.length === 0) return outcome;
  // Writes the names first: with the files alone, the next run would refuse the existing topics.
  const adoptFile = await remember(
    context,
    request.stack,
    adoption.topics.map(({ name }) => name),
  );
  writeChanges(context.projectDir, files);
  return { ...outcome, ...(adoptFile === undefined ? {} : { adoptFile }) };
}

/** The subject of a deviation, without its values. */
function subjectOf({ class: kind, kind: what, object, field }: Deviation): string {
  return JSON.stringify([kind, what, object, field]);
}

function checkSlug(option: string, value: string | undefined): void {
  if (value !== undefined && !new RegExp(slugPattern, "u").test(value))
    throw new KitError(
      "KIT_USAGE",
      `${option} takes lower-case letters, digits and single dashes, starting with a letter, at most 50; got ${JSON.stringify(value)}`,
    );
}

interface Declared {
  readonly model: Model;
  readonly settings: StackSettings;
  readonly plan: PlatformPlan;
}

function readDeclared(context: CommandContext, project: ProjectReading, stack: string): Declared {
  const file = project.stackFiles.get(stack);
  if (file === undefined) throw new KitError("KIT_UNKNOWN_STACK", stack);
  const reading = readModel(project.topicFiles, file);
  if (!reading.ok)
    throw declarationError(context, new DeclarationProblems(reading.problems, true), "KIT_IMPORT_REFUSED");
  const { whole: model, model: own, stack: settings } = reading.value;
  return { model, settings, plan: planPlatform(own, settings) };
}

/**
 * Topics that can be declared so that the plan matches each of them. A topic whose partitions or replicas this stack cannot
 * express is left out, and the rest is derived again.
 */
function derive(
  context: CommandContext,
  request: ImportRequest,
  project: ProjectReading,
  { model, settings, plan }: Declared,
  live: LivePlatform,
): { adoption: Adoption; files: FileChanges; after: PlatformPlan } {
  const topics = declaredTopics(model);
  const declared = {
    topics: new Set(plan.topics.map(({ name }) => name)),
    events: new Set(topics.flatMap(({ events }) => events.map(({ name }) => name))),
    records: new Set(topics.flatMap(({ events }) => events.map(({ record }) => record))),
    types: new Map(sharedTypesOf(topics.flatMap(({ events }) => events)).map(({ name, schema }) => [name, schema])),
    services: new Set(model.domains.flatMap(({ services }) => services)),
  };
  const impossible = new Map<string, string>();
  const wanted = wantedTopics(request);
  for (;;) {
    const adoption = adopt({
      live,
      stack: settings,
      declared,
      takeOverUsers: request.takeOverUsers,
      wanted: (name) => wanted(name) && !impossible.has(name),
      ...(request.domain === undefined ? {} : { domain: request.domain }),
    });
    const files = adoptedFiles(adoption.topics, model, project.topicFiles, request.team);
    const after = planPlatform(modelFor(readBack(context, project, files), request.stack), settings);
    const adopted = new Set(adoption.topics.map(({ name }) => name));
    const wrong = findDrift(after, live).filter(
      ({ class: kind, kind: what, object, field }) =>
        kind === "differs" &&
        what === "topic" &&
        adopted.has(object) &&
        (field === "partitions" || field === "replicationFactor"),
    );
    if (wrong.length === 0) {
      const leftOut = [...adoption.leftOut, ...[...impossible].map(([object, reason]) => ({ object, reason }))];
      return { adoption: { ...adoption, leftOut }, files, after };
    }
    for (const { object, field = "", declared: would = "", live: is = "" } of wrong)
      impossible.set(object, `it has ${field} ${is}, and in the stack ${request.stack} it could only be ${would}`);
  }
}

function readBack(context: CommandContext, project: ProjectReading, files: FileChanges): Model {
  try {
    return readForAllStacks(overlaid(project.topicFiles, files.created, files.changed), project.stackFiles, false);
  } catch (error) {
    if (error instanceof DeclarationProblems) throw declarationError(context, error, "KIT_IMPORT_REFUSED");
    throw error;
  }
}

function wantedTopics({ topics, exclude }: ImportRequest): (name: string) => boolean {
  const [wanted, unwanted] = [topics.map(patternOf), exclude.map(patternOf)];
  return (name) => wanted.some((pattern) => pattern.test(name)) && !unwanted.some((pattern) => pattern.test(name));
}

function patternOf(glob: string): RegExp {
  return new RegExp(
    `^${glob
      .split("*")
      .map((part) => part.replace(/[\\^$.+?()[\]{}|]/g, "\\$&"))
      .join(".*")}$`,
  );
}

/** The local platform's next `up` finds the file by itself; plain Pulumi gets it as a variable. */
async function remember(
  context: CommandContext,
  stack: string,
  topics: readonly string[],
): Promise<string | undefined> {
  if (stack === "local") {
    await rememberBegunTopics(context.stateDir, topics);
    return undefined;
  }
  const file = join(context.projectDir, `adopt-${stack}.json`);
  await writeFile(file, `${JSON.stringify(topics)}\n`);
  return file;
}
