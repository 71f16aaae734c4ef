/** Plans a new service: from a template to validated file changes. Pure: it writes nothing. */
import { parseDocument } from "yaml";
import { readModel } from "../../components/model/read.ts";
import { stackSettingsKey } from "../../components/model/stack/stack.ts";
import type { Model } from "../../components/model/types.ts";
import { slugPattern } from "../../components/model/values/names.ts";
import { planContracts } from "../../components/plan/contracts.ts";
import { topologyOf } from "../../components/plan/topology.ts";
import {
  calledFirst,
  exposedService,
  parseServiceTemplate,
  type ServiceTemplate,
} from "../../components/services/template.ts";
import { KitError } from "../errors.ts";
import { eventsFiles, eventsPath } from "../generate/events-files.ts";
import { serviceEvents } from "../generate/service-events.ts";
import type { ChangedFile, CreatedFile, FileChanges } from "./file-change.ts";
import { PLAIN_FILE } from "./file-change.ts";
import { installedNames, LOCK_FILE, lockWithService } from "./lock-file.ts";
import { checkServiceName, checkTemplateName, serviceNames } from "./names.ts";
import { overlaid, overlay, readForAllStacks } from "./project-model.ts";
import type { ProjectReading, TemplateFile } from "./project-reading.ts";
import { SERVICES_FOLDER } from "./project-reading.ts";
import type { Renaming } from "./renaming.ts";
import { renameText, startFunctionOf, withOrigin } from "./renaming.ts";
import { startTest } from "./start-test.ts";
import type { TopicAccess, TopicChanges } from "./topic-access.ts";
import { topicChanges } from "./topic-access.ts";
import { withoutHandlers } from "./unread-handlers.ts";
import { EditableYaml } from "./yaml-edits.ts";

/** The request. */
export interface NewServiceRequest {
  readonly name: string;
  readonly template: string;
  /** Owner of the service's domain; default: the template's team. */
  readonly team?: string;
}

/** What the platform will provide for the service. */
export interface NewServiceAccess {
  /** Absent if the template does not use Kafka. */
  readonly principal?: string;
  /** Consumer group; absent if the service consumes nothing. */
  readonly group?: string;
  readonly deadLetterTopic?: string;
  readonly retryTopics: readonly string[];
  readonly consumes: readonly TopicAccess[];
  readonly publishes: readonly TopicAccess[];
  readonly database?: string;
  readonly redisKeys?: string;
}

/** A new service as file changes. */
export interface NewServicePlan {
  readonly service: string;
  readonly template: string;
  readonly domain: string;
  readonly team: string;
  readonly access: NewServiceAccess;
  readonly changes: FileChanges;
  /** Notes for the user, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Plans a new service. The result was read back as the whole platform for every stack, without a problem.
 * @throws KitError of the kinds `KIT_NEW_…`; {@link DeclarationProblems}.
 */
export function planNewService(project: ProjectReading, request: NewServiceRequest): NewServicePlan {
  const { name, template } = request;
  if (request.team !== undefined && !new RegExp(slugPattern, "u").test(request.team)) {
    throw new KitError("KIT_NEW_NAME_INVALID", `${JSON.stringify(request.team)} cannot be a team's`, {
      fix: "Write the team as in topics/: lower-case letters, digits and single dashes.",
    });
  }
  checkTemplateName(template, project.templates);
  const model = readForAllStacks(project.topicFiles, project.stackFiles, true);
  checkServiceName(name, takenNames(project, model));

  const texts = new Map(
    project.topicFiles.flatMap((file) => ("text" in file ? [[file.path, file.text] as const] : [])),
  );
  const topics = topicChanges({
    service: serviceNames(name),
    template,
    model,
    files: texts,
    ...(request.team === undefined ? {} : { team: request.team }),
  });
  const files = withoutHandlers(project.filesOf(template), unreadEvents(model, template, topics));
  const renaming = renamingOf(request, files, topics);
  const stacks = stackChanges(project, request);
  const begun = [...copiedFiles(files, renaming, topics), ...topics.created];
  const lock = {
    path: LOCK_FILE,
    before: project.lockFile,
    after: lockWithService(project.lockFile, template, name),
  };
  const changed = [...changedFiles(texts, topics.changed), ...stacks, lock];

  const after = readForAllStacks(
    overlaid(project.topicFiles, begun, changed),
    new Map([...project.stackFiles].map(([stack, file]) => [stack, overlay(file, changed)])),
    false,
  );
  const contractOf = planContracts(topologyOf(after), { ...settingsOf(project), services: {} }).find(
    (contract) => contract.service === name,
  );
  const own = checkTemplates(project, name, begun);
  if (own.kafka && contractOf === undefined) {
    throw new KitError(
      "KIT_NEW_REFUSED",
      `${template} uses Kafka, but topics/ gives it neither something to read nor something to publish, so there is nothing to copy`,
    );
  }
  const access: NewServiceAccess = {
    ...(contractOf === undefined ? {} : { principal: name }),
    ...(contractOf?.group === undefined ? {} : { group: contractOf.group }),
    ...(contractOf?.deadLetterTopic === undefined ? {} : { deadLetterTopic: contractOf.deadLetterTopic }),
    retryTopics: contractOf?.retryTopics.map((retry) => retry.topic) ?? [],
    consumes: topics.consumes,
    publishes: topics.publishes,
    ...(own.database === undefined ? {} : { database: renaming.to.database }),
    ...(own.redis === undefined ? {} : { redisKeys: own.redis.keys }),
  };
  return {
    service: name,
    template,
    domain: topics.domain,
    team: topics.team,
    access,
    changes: { created: withTypedEvents(begun, after, own), changed },
    notes: [...topics.notes, ...personalDataNotes(own)],
  };
}

/** Missing declarations for `kit erase`, which checks every service with a database. */
function personalDataNotes({ database, personalData }: ServiceTemplate): string[] {
  return database === undefined || personalData !== undefined
    ? []
    : [
        "its template.yaml declares no personalData, so each run of `kit erase` is incomplete; a service that holds none says personalData: {tables: []}",
      ];
}

function settingsOf(project: ProjectReading) {
  for (const stack of project.stackFiles.values()) {
    const reading = readModel(project.topicFiles, stack);
    if (reading.ok) return reading.value.stack;
  }
  throw new KitError("KIT_UNKNOWN_STACK", "that can be read");
}

function takenNames(project: ProjectReading, model: Model) {
  const topics = model.domains.flatMap((domain) => domain.topics);
  return {
    folders: project.folders,
    services: [
      ...new Set([
        ...model.domains.flatMap((domain) => domain.services),
        ...topics.flatMap((topic) => [...topic.producers, ...topic.consumers].map((each) => each.service)),
      ]),
    ],
    topics: topics.map((topic) => topic.name),
    packages: installedNames(project.lockFile),
  };
}

function renamingOf(
  { name, template }: NewServiceRequest,
  files: readonly TemplateFile[],
  topics: TopicChanges,
): Renaming {
  const text = (path: string): string => {
    const content = files.find((file) => file.path === path)?.content;
    return typeof content === "string" ? content : "";
  };
  const from = serviceNames(template);
  const startFunction = startFunctionOf(text("src/service.ts")) ?? from.startFunction;
  const keys: unknown = parseDocument(text("template.yaml")).getIn(["redis", "keys"]);
  return {
    from: { ...from, startFunction },
    to: serviceNames(name),
    events: topics.events,
    topics: topics.topics,
    namespaces: topics.namespaces,
    ...(typeof keys === "string" ? { redisPrefix: keys.replace(/\*$/, "") } : {}),
  };
}

function copiedFiles(files: readonly TemplateFile[], renaming: Renaming, topics: TopicChanges): CreatedFile[] {
  const folder = `${SERVICES_FOLDER}/${renaming.to.service}`;
  const copied = files.map((file): CreatedFile => {
    const content = typeof file.content === "string" ? renameText(file.path, file.content, renaming) : file.content;
    const shown =
      file.path === "README.md" && typeof content === "string"
        ? withOrigin(content, renaming.from.service, topics.notes)
        : content;
    return { path: `${folder}/${file.path}`, content: shown, mode: file.mode };
  });
  const test = { path: `${folder}/test/start.test.ts`, content: startTest(renaming.to), mode: PLAIN_FILE };
  return copied.some((file) => file.path === test.path) ? copied : [...copied, test];
}

/** Events that the template consumes and its copy does not, neither unchanged nor renamed. */
function unreadEvents(model: Model, template: string, { consumes, events }: TopicChanges): string[] {
  const read = new Set([...consumes.flatMap((topic) => topic.events), ...events.map(({ from }) => from.event)]);
  return (serviceEvents(model).get(template)?.consumes ?? [])
    .map(({ declared }) => declared.name)
    .filter((event) => !read.has(event));
}

/** The copy's files with its own typed events instead of the template's, sorted by path. */
function withTypedEvents(files: readonly CreatedFile[], model: Model, own: ServiceTemplate): CreatedFile[] {
  const typed = eventsFiles(model, [own]).map(({ path, text }) => ({ path, content: text, mode: PLAIN_FILE }));
  return [...files.filter(({ path }) => path !== eventsPath(own)), ...typed].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function changedFiles(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): ChangedFile[] {
  return [...after].map(([path, text]) => ({ path, before: before.get(path) ?? "", after: text }));
}

/** The service's entry in each stack that has one for the template. */
function stackChanges(project: ProjectReading, { name, template }: NewServiceRequest): ChangedFile[] {
  return [...project.stackFiles.values()].flatMap((file): ChangedFile[] => {
    if ("refused" in file) return [];
    const yaml = new EditableYaml(file.path, file.text);
    const entry = yaml.find(["config", stackSettingsKey, "services", template]);
    if (entry === undefined) return [];
    yaml.addBeside(entry, name);
    return [{ path: file.path, before: file.text, after: yaml.text }];
  });
}

/** Reads the copy's contract with the platform, and finds the services that it calls. */
function checkTemplates(project: ProjectReading, name: string, created: readonly CreatedFile[]) {
  const textOf = (
    files: readonly { readonly path: string; readonly content: string | Buffer }[],
    path: string,
  ): string => String(files.find((file) => file.path === path)?.content ?? "");
  try {
    const own = parseServiceTemplate(name, textOf(created, `${SERVICES_FOLDER}/${name}/template.yaml`));
    const others = project.templates.map((template) =>
      parseServiceTemplate(template, textOf(project.filesOf(template), "template.yaml")),
    );
    const shared = own.redis === undefined ? undefined : others.find((other) => other.redis?.keys === own.redis?.keys);
    if (shared !== undefined)
      throw new KitError(
        "KIT_NEW_NAME_TAKEN",
        `${JSON.stringify(name)} would share its keys in Redis (${own.redis?.keys ?? ""}) with ${shared.name}`,
      );
    exposedService([...others, own]);
    calledFirst([...others, own]);
    return own;
  } catch (error) {
    if (error instanceof KitError) throw error;
    throw new KitError("KIT_NEW_REFUSED", error instanceof Error ? error.message : String(error), { cause: error });
  }
}
