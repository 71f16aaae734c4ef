/** Plans a new topic, or a new consumer, as validated file changes. Pure: it writes nothing. */
import { compareText } from "../../components/model/problems/problem.ts";
import { didYouMean } from "../../components/model/problems/suggestion.ts";
import { readModel } from "../../components/model/read.ts";
import type { Model, TopicDeclaration } from "../../components/model/types.ts";
import { assumedRate } from "../../components/model/values/rate.ts";
import { planPlatform } from "../../components/plan/plan.ts";
import { declaredTopics } from "../../components/plan/topology.ts";
import type { PlatformPlan } from "../../components/plan/types.ts";
import { KitError } from "../errors.ts";
import { eventsChanges } from "../generate/events-changes.ts";
import type { CreatedFile, FileChanges } from "../new-service/file-change.ts";
import { PLAIN_FILE } from "../new-service/file-change.ts";
import { overlaid, readForAllStacks } from "../new-service/project-model.ts";
import type { ProjectReading } from "../new-service/project-reading.ts";
import { recordOf } from "../new-service/renaming.ts";
import { addTopics, domainFile } from "../new-service/topic-access.ts";
import { EditableYaml } from "../new-service/yaml-edits.ts";
import { accessLines, isLongService, plainOrQuoted } from "../new-service/yaml-lines.ts";
import type { NewConsumerRequest, NewTopicRequest } from "./request.ts";

/** File changes and their effects on the platform. */
export interface DeclarationPlan {
  readonly changes: FileChanges;
  readonly effects: Effects;
}

/** Additions to the platform, by name; each list sorted. */
export interface Effects {
  readonly topics: readonly string[];
  readonly access: readonly string[];
  readonly subjects: readonly string[];
  readonly principals: readonly string[];
}

/**
 * Plans a new topic with a schema for each event type that has none. The result was read back for every stack.
 * @throws KitError `KIT_NEW_NAME_TAKEN`, `KIT_NEW_OWNER_CONFLICT`, `KIT_NEW_UNEDITABLE`; DeclarationProblems.
 */
export function planNewTopic(project: ProjectReading, request: NewTopicRequest): DeclarationPlan {
  const model = readForAllStacks(project.topicFiles, project.stackFiles, true);
  const taken = declaredTopics(model).find((topic) => topic.name === request.name);
  if (taken !== undefined)
    throw new KitError(
      "KIT_NEW_NAME_TAKEN",
      `${JSON.stringify(request.name)} is a topic already (${taken.source.file}:${taken.source.line})`,
    );
  const domain = model.domains.find((candidate) => candidate.name === request.domain);
  const created = request.events.flatMap((event) => schemaFile(project, model, request, event));
  const path = `topics/${request.domain}.yaml`;
  const lines = topicLines(request);
  if (domain === undefined) {
    if (request.team === undefined)
      throw new KitError("KIT_NEW_OWNER_CONFLICT", `There is no domain ${request.domain} yet, so it needs an owner.`, {
        fix: `--team TEAM for a new domain, or one of the domains ${model.domains.map(({ name }) => name).join(", ")}.`,
      });
    return finished(project, model, {
      created: [
        ...created,
        {
          path,
          content: domainFile({ domain: request.domain, team: request.team, services: [], topics: [lines] }),
          mode: PLAIN_FILE,
        },
      ],
      changed: [],
    });
  }
  if (request.team !== undefined && request.team !== domain.owner.team)
    throw new KitError(
      "KIT_NEW_OWNER_CONFLICT",
      `The domain ${domain.name} is the team ${domain.owner.team}'s, not ${request.team}'s (${domain.source.file}).`,
    );
  const before = textOf(project, domain.source.file);
  const yaml = new EditableYaml(domain.source.file, before);
  addTopics(yaml, [lines]);
  return finished(project, model, { created, changed: [{ path: domain.source.file, before, after: yaml.text }] });
}

/**
 * Plans one more consumer.
 * @throws KitError `KIT_USAGE` for an unknown topic, `KIT_NEW_NAME_TAKEN`, `KIT_NEW_UNEDITABLE`; DeclarationProblems.
 */
export function planNewConsumer(project: ProjectReading, request: NewConsumerRequest): DeclarationPlan {
  const model = readForAllStacks(project.topicFiles, project.stackFiles, true);
  const topic = findTopic(model, request.topic);
  const own = topic.consumers.find((consumer) => consumer.service === request.service);
  if (own !== undefined)
    throw new KitError(
      "KIT_NEW_NAME_TAKEN",
      `${request.service} is a consumer of ${topic.name} already (${own.source.file}:${own.source.line})`,
      { fix: "Edit its entry there." },
    );
  const before = textOf(project, topic.source.file);
  const yaml = new EditableYaml(topic.source.file, before);
  const { instances, events, quota, retry } = request;
  const parts = [
    `instances: ${instances}`,
    `events: [${events.join(", ")}]`,
    ...(quota === undefined ? [] : [`quota: ${quota}`]),
    ...(retry.length === 0 ? [] : [`retry: [${retry.join(", ")}]`]),
  ];
  const value = `{${parts.join(", ")}}`;
  yaml.addEntry(["topics", topic.name, "consumers"], request.service, value, isLongService(request.service, value));
  return finished(project, model, { created: [], changed: [{ path: topic.source.file, before, after: yaml.text }] });
}

/** The declared topic with that name, or an error with the closest known name. */
export function findTopic(model: Model, name: string): TopicDeclaration {
  const topics = declaredTopics(model);
  const found = topics.find((topic) => topic.name === name);
  if (found !== undefined) return found;
  const meant = didYouMean(
    name,
    topics.map((topic) => topic.name),
  );
  throw new KitError(
    "KIT_USAGE",
    `There is no topic ${JSON.stringify(name)}.`,
    meant === undefined ? {} : { fix: `${meant.slice(0, 1).toUpperCase()}${meant.slice(1)}` },
  );
}

function topicLines(request: NewTopicRequest): string[] {
  const { name, description, partitions, key, retention, domain, events, producers, consumers } = request;
  return [
    `${name}:`,
    `  description: ${plainOrQuoted(description)}`,
    `  partitions: ${partitions}`,
    ...(retention === undefined ? [] : [`  retention: ${retention}`]),
    ...(key === undefined ? [] : [`  key: ${key}`]),
    "  events:",
    ...events.map((event) => `    ${event}: {schema: ${schemaPath(domain, event)}}`),
    ...accessLines(
      "producers",
      producers.map(({ service, rate }) => ({ service, value: `{rate: ${rate ?? assumedRate}}` })),
    ),
    ...accessLines(
      "consumers",
      consumers.map(({ service, instances }) => ({
        service,
        value: `{instances: ${instances}, events: [${events.join(", ")}]}`,
      })),
    ),
  ];
}

function schemaPath(domain: string, event: string): string {
  return `schemas/${domain}/${recordOf(event)}.avsc`;
}

/** A first schema; none if the file exists. */
function schemaFile(project: ProjectReading, model: Model, request: NewTopicRequest, event: string): CreatedFile[] {
  const path = `topics/${schemaPath(request.domain, event)}`;
  if (project.topicFiles.some((file) => file.path === path)) return [];
  const record = {
    type: "record",
    name: recordOf(event),
    namespace: namespaceOf(model, request.domain),
    doc: `${event}: ${request.description}`,
  };
  const fields = [
    {
      name: request.key ?? "id",
      type: "string",
      doc: request.key === undefined ? "What the event is about." : "What the event belongs to; the record key.",
    },
    { name: "timestamp", type: "long", doc: "When it happened, milliseconds since 1970-01-01T00:00Z." },
  ];
  const [open = "", ...rest] = JSON.stringify(record, null, 2).split("\n");
  const listed = fields.map(
    ({ name, type, doc }) =>
      `    {"name": ${JSON.stringify(name)}, "type": ${JSON.stringify(type)}, "doc": ${JSON.stringify(doc)}}`,
  );
  return [
    {
      path,
      content: [
        open,
        ...rest.slice(0, -2),
        `${rest.at(-2) ?? ""},`,
        '  "fields": [',
        listed.join(",\n"),
        "  ]",
        "}",
        "",
      ].join("\n"),
      mode: PLAIN_FILE,
    },
  ];
}

/** The namespace of the domain's records, else that of most records. */
function namespaceOf(model: Model, domain: string): string {
  const records = (of: Model["domains"]): string[] =>
    of
      .flatMap((each) => each.topics)
      .flatMap((topic) => topic.events)
      .map(({ record }) => record.slice(0, record.lastIndexOf(".")));
  const own = records(model.domains.filter(({ name }) => name === domain));
  const counted = [...Map.groupBy(own.length > 0 ? own : records(model.domains), (namespace) => namespace)].sort(
    ([a, first], [b, second]) => second.length - first.length || compareText(a, b),
  );
  return counted[0]?.[0] ?? `${domain.replaceAll("-", "_")}.events`;
}

function textOf(project: ProjectReading, path: string): string {
  const file = project.topicFiles.find((candidate) => candidate.path === path);
  if (file === undefined || "refused" in file) throw new KitError("KIT_NEW_UNEDITABLE", `${path} cannot be read`);
  return file.text;
}

/** Reads the result back for every stack, generates the typed events of the affected services, and compares the plans. */
function finished(project: ProjectReading, before: Model, changes: FileChanges): DeclarationPlan {
  const after = readForAllStacks(
    overlaid(project.topicFiles, changes.created, changes.changed),
    project.stackFiles,
    false,
  );
  const typed = eventsChanges(project, before, after);
  return {
    changes: {
      created: [...changes.created, ...typed.created],
      changed: [...changes.changed, ...typed.changed],
    },
    effects: gained(planFor(project, before), planFor(project, after)),
  };
}

/** Names are the same in every stack, so the first one is used. */
function planFor(project: ProjectReading, model: Model): PlatformPlan {
  for (const stack of project.stackFiles.values()) {
    const reading = readModel(project.topicFiles, stack);
    if (reading.ok) return planPlatform(model, reading.value.stack);
  }
  throw new KitError("KIT_UNKNOWN_STACK", "that can be read");
}

function gained(before: PlatformPlan, after: PlatformPlan): Effects {
  const fresh = (names: (plan: PlatformPlan) => readonly string[]): string[] => {
    const known = new Set(names(before));
    return names(after)
      .filter((name) => !known.has(name))
      .sort(compareText);
  };
  return {
    topics: fresh((plan) => plan.topics.map(({ name }) => name)),
    access: fresh((plan) => plan.acls.map(({ key }) => key)),
    subjects: fresh((plan) => plan.subjects.map(({ name }) => name)),
    principals: fresh((plan) => plan.principals.map(({ name }) => name)),
  };
}
