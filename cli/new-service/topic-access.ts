/** The topics that a new service may read and write, as edits of `topics/`. Pure. */
import type { Domain, EventDeclaration, Model, TopicDeclaration } from "../../components/model/types.ts";
import { KitError } from "../errors.ts";
import type { CreatedFile } from "./file-change.ts";
import { PLAIN_FILE } from "./file-change.ts";
import type { ServiceNames } from "./names.ts";
import { serviceNames } from "./names.ts";
import type { RenamedEvent } from "./renaming.ts";
import { recordOf, renamedEvent, renamedTopic } from "./renaming.ts";
import type { Entry } from "./yaml-edits.ts";
import { EditableYaml, itemsOf } from "./yaml-edits.ts";

/** Input of the edits. */
export interface AccessRequest {
  readonly service: ServiceNames;
  /** Name of the template. */
  readonly template: string;
  /** Team that owns the service's domain if it is new; default: the template's team. */
  readonly team?: string;
  readonly model: Model;
  /** Text of the files below `topics/`, by path. */
  readonly files: ReadonlyMap<string, string>;
}

/** Events of one topic. */
export interface TopicAccess {
  readonly topic: string;
  readonly events: readonly string[];
}

/** Result of the edits. */
export interface TopicChanges {
  readonly domain: string;
  readonly team: string;
  readonly created: readonly CreatedFile[];
  /** Domain files with their new text, by path. */
  readonly changed: ReadonlyMap<string, string>;
  readonly consumes: readonly TopicAccess[];
  readonly publishes: readonly TopicAccess[];
  readonly events: readonly RenamedEvent[];
  /** The copy's own topics by those of the template. */
  readonly topics: ReadonlyMap<string, string>;
  readonly namespaces: readonly string[];
  /** Explanations for the user. */
  readonly notes: readonly string[];
}

interface Production {
  readonly topic: TopicDeclaration;
  readonly ownTopic: string;
  readonly events: readonly { readonly declared: EventDeclaration; readonly renamed: RenamedEvent }[];
}

/**
 * The access of a copy. It consumes what its template consumes, with its own consumer group. It publishes its template's events
 * under its own names to its own topics.
 * @throws KitError `KIT_NEW_OWNER_CONFLICT`, `KIT_NEW_NAME_TAKEN`, `KIT_NEW_UNEDITABLE`.
 */
export function topicChanges(request: AccessRequest): TopicChanges {
  const { service, template, model } = request;
  const domain = service.stem;
  const existing = model.domains.find((candidate) => candidate.name === domain);
  const team = ownerOf(request, existing);
  const productions = productionsOf(request, domain);
  const open = new OpenFiles(request.files);
  const consumed = model.domains
    .flatMap((each) => each.topics)
    .filter((topic) => topic.consumers.some((consumer) => consumer.service === template));
  const foreign = consumed.filter((topic) => !productions.some((production) => production.topic === topic));
  const answers = answersTo(template, model);
  const reads = foreign.filter((topic) => !consumedEvents(topic, template).every((event) => answers.has(event)));
  for (const topic of reads) {
    const entry = open.file(topic.source.file).find(["topics", topic.name, "consumers", template]);
    if (entry !== undefined) open.file(topic.source.file).addBeside(entry, service.service);
  }

  const topics = productions.map((production) =>
    ownTopic(open.file(production.topic.source.file), production, request),
  );
  const path = `topics/${domain}.yaml`;
  const created = productions.flatMap((production) =>
    production.events.map(({ declared, renamed }) => schemaFile(request, declared, renamed)),
  );
  if (existing === undefined)
    created.push({
      path,
      content: domainFile({ domain, team, services: [service.service], topics }),
      mode: PLAIN_FILE,
    });
  else addToDomain(open.file(path), [service.service], topics);

  const publishes = productions.map(({ ownTopic: topic, events }) => ({
    topic,
    events: events.map(({ renamed }) => renamed.to.event),
  }));
  const consumes = reads.map((topic) => ({
    topic: topic.name,
    events: consumedEvents(topic, template),
  }));
  return {
    domain,
    team,
    created,
    changed: open.changed,
    consumes,
    publishes,
    events: productions.flatMap(({ events }) => events.map(({ renamed }) => renamed)),
    topics: new Map(productions.map(({ topic, ownTopic: own }) => [topic.name, own])),
    namespaces: [
      ...new Set(productions.flatMap(({ events }) => events.map(({ declared }) => namespaceOf(declared.record)))),
    ],
    notes: notesOf(request, { consumes, publishes, unread: foreign.filter((topic) => !reads.includes(topic)) }),
  };
}

/**
 * Events that answer the sagas that a service coordinates. For a copy they would belong to runs that it never started, and each
 * would become a dead-letter record.
 */
function answersTo(service: string, model: Model): ReadonlySet<string> {
  return new Set(
    model.domains
      .flatMap(({ sagas }) => sagas)
      .filter(({ coordinator }) => coordinator === service)
      .flatMap(({ steps }) => steps)
      .flatMap(({ success, failure, compensation }) => [
        ...success,
        ...failure,
        ...(compensation === undefined ? [] : [compensation.reply]),
      ]),
  );
}

function consumedEvents(topic: TopicDeclaration, service: string): readonly string[] {
  return topic.consumers.find((consumer) => consumer.service === service)?.events ?? [];
}

/** The edited domain files; each is opened once. */
class OpenFiles {
  readonly #texts: ReadonlyMap<string, string>;
  readonly #open = new Map<string, EditableYaml>();

  constructor(texts: ReadonlyMap<string, string>) {
    this.#texts = texts;
  }

  file(path: string): EditableYaml {
    const known = this.#open.get(path) ?? new EditableYaml(path, this.#texts.get(path) ?? "");
    this.#open.set(path, known);
    return known;
  }

  get changed(): ReadonlyMap<string, string> {
    return new Map(
      [...this.#open]
        .filter(([path, yaml]) => yaml.text !== this.#texts.get(path))
        .map(([path, yaml]) => [path, yaml.text]),
    );
  }
}

function ownerOf({ team, template, model, service }: AccessRequest, existing: Domain | undefined): string {
  if (existing !== undefined) {
    if (team === undefined || team === existing.owner.team) return existing.owner.team;
    throw new KitError(
      "KIT_NEW_OWNER_CONFLICT",
      `${service.service} belongs to the domain ${existing.name} by its name, and that is the team ${existing.owner.team}'s, not ${team}'s (topics/${existing.name}.yaml).`,
    );
  }
  const owner = team ?? model.domains.find((domain) => domain.services.includes(template))?.owner.team;
  if (owner !== undefined) return owner;
  throw new KitError("KIT_NEW_OWNER_CONFLICT", `No domain lists ${template}, so the new service has no default team.`, {
    fix: "Give the team that owns the new service: --team TEAM.",
  });
}

function productionsOf({ service, template, model }: AccessRequest, domain: string): Production[] {
  const topics = model.domains.flatMap((each) => each.topics);
  const fromStem = serviceNames(template).stem;
  return topics.flatMap((topic): Production[] => {
    const producer = topic.producers.find((candidate) => candidate.service === template);
    if (producer === undefined) return [];
    const own = renamedTopic(topic.name, fromStem, service.stem);
    const taken = topics.find((other) => other.name === own);
    if (taken !== undefined)
      throw new KitError(
        "KIT_NEW_NAME_TAKEN",
        `${JSON.stringify(service.service)} would publish to a topic ${own}, which there is already (${taken.source.file}:${taken.source.line})`,
      );
    const events = topic.events
      .filter((event) => producer.events.includes(event.name))
      .map((declared) => {
        const event = renamedEvent(declared.name, service.stem);
        const record = recordOf(event);
        const simple = declared.record.slice(declared.record.lastIndexOf(".") + 1);
        return {
          declared,
          renamed: {
            from: { event: declared.name, record: simple, schemaPath: declared.schemaPath },
            to: { event, record, schemaPath: `schemas/${domain}/${record}.avsc` },
          },
        };
      });
    return [{ topic, ownTopic: own, events }];
  });
}

function namespaceOf(record: string): string {
  return record.includes(".") ? record.slice(0, record.lastIndexOf(".")) : "";
}

/** The template's schema with the record's own name. */
function schemaFile({ files }: AccessRequest, declared: EventDeclaration, { from, to }: RenamedEvent): CreatedFile {
  const text = files.get(`topics/${declared.schemaPath}`) ?? declared.schema;
  const namespace = namespaceOf(declared.record);
  const content = [from.record, ...(namespace === "" ? [] : [declared.record])].reduce(
    (schema, name) =>
      schema.replaceAll(`"${name}"`, `"${name === from.record ? to.record : `${namespace}.${to.record}`}"`),
    text,
  );
  return { path: `topics/${to.schemaPath}`, content, mode: PLAIN_FILE };
}

/** Keys of a topic that the copy takes over. */
const COPIED_SETTINGS = [
  "partitions",
  "retention",
  "retentionBytes",
  "cleanup",
  "maxMessage",
  "compression",
  "compatibility",
  "replicationFactor",
  "minInsyncReplicas",
  "key",
];

/** The lines of a copy's own topic, indented as an entry of `topics`. */
function ownTopic(
  yaml: EditableYaml,
  { topic, ownTopic: name, events }: Production,
  { service, template }: AccessRequest,
): string[] {
  const path = ["topics", topic.name];
  const copied = (entry: Entry | undefined): string[] =>
    entry === undefined ? [] : [`${entry.key}: ${yaml.source(entry)}`];
  const width = Math.max(...events.map(({ renamed }) => renamed.to.event.length)) + 1;
  const figures = ["rate", "quota"].flatMap((figure) => copied(yaml.find([...path, "producers", template, figure])));
  const reader = yaml.find([...path, "consumers", template]);
  return [
    `${name}:`,
    `  description: What ${service.service} publishes; begun as a copy of ${topic.name}.`,
    ...yaml
      .entries(path)
      .filter((entry) => COPIED_SETTINGS.includes(entry.key))
      .flatMap((entry) => copied(entry).map((line) => `  ${line}`)),
    "  events:",
    ...events.map(({ declared, renamed }) => {
      const compatibility = declared.compatibility === undefined ? "" : `, compatibility: ${declared.compatibility}`;
      return `    ${`${renamed.to.event}:`.padEnd(width)} {schema: ${renamed.to.schemaPath}${compatibility}}`;
    }),
    "  producers:",
    `    ${service.service}: {${figures.join(", ")}}`,
    ...(reader === undefined
      ? []
      : ["  consumers:", `    ${service.service}: ${ownReader(yaml.source(reader), events)}`]),
  ];
}

/** A service's consumption of its own topic: the template's entry with the copy's events. */
function ownReader(source: string, events: Production["events"]): string {
  const flow = source.includes("\n")
    ? source
        .split("\n")
        .map((line) => line.trim())
        .join(" ")
    : source;
  return events.reduce(
    (text, { renamed }) =>
      text.replaceAll(
        new RegExp(`(?<![\\w.-])${renamed.from.event.replaceAll(".", "\\.")}(?![\\w-])`, "g"),
        renamed.to.event,
      ),
    flow,
  );
}

/** Beginning of a new domain file. */
export interface NewDomain {
  readonly domain: string;
  readonly team: string;
  /** Default: a channel with the team's name. */
  readonly contact?: string;
  /** Default: low. */
  readonly criticality?: string;
  readonly services: readonly string[];
  /** Lines of each topic, indented as entries of `topics`. */
  readonly topics: readonly (readonly string[])[];
}

/** Text of a new domain file. */
export function domainFile({
  domain,
  team,
  contact = `#team-${team}`,
  criticality = "low",
  services,
  topics,
}: NewDomain): string {
  const lines = [
    "# yaml-language-server: $schema=./topics.schema.json",
    `domain: ${domain}`,
    `owner: {team: ${team}, contact: ${JSON.stringify(contact)}}`,
    `criticality: ${criticality}`,
    ...(services.length === 0 ? [] : [`services: [${services.join(", ")}]`]),
    ...(topics.length === 0 ? [] : ["topics:", ...topics.flat().map((line) => `  ${line}`)]),
  ];
  return `${lines.join("\n")}\n`;
}

/** Adds services that the file does not list yet, and topics, to a domain file. */
export function addToDomain(
  yaml: EditableYaml,
  added: readonly string[],
  topics: readonly (readonly string[])[],
): void {
  const services = yaml.find(["services"]);
  if (services === undefined) {
    const criticality = yaml.find(["criticality"]);
    if (criticality !== undefined && added.length > 0)
      yaml.addLinesAfter(criticality, [`services: [${added.join(", ")}]`]);
  } else {
    for (const service of added) if (!itemsOf(services.value).includes(service)) yaml.addItem(services, service);
  }
  addTopics(yaml, topics);
}

/** Adds topics at the end of a domain file's `topics`. */
export function addTopics(yaml: EditableYaml, topics: readonly (readonly string[])[]): void {
  if (topics.length === 0) return;
  const lines = topics.flat();
  const holder = yaml.find(["topics"]);
  const last = yaml.entries(["topics"]).at(-1);
  const block = ["topics:", ...lines.map((line) => `  ${line}`)];
  if (holder === undefined) yaml.append(block);
  else if (last === undefined) yaml.replace(holder, block);
  else yaml.addLinesAfter(last, lines);
}

function notesOf(
  { service, template }: AccessRequest,
  access: { consumes: readonly TopicAccess[]; publishes: readonly TopicAccess[]; unread: readonly TopicDeclaration[] },
): string[] {
  const { consumes, publishes, unread } = access;
  const name = service.service;
  return [
    ...(consumes.length === 0
      ? []
      : [
          `It reads ${listed(consumes.map(({ topic }) => topic))} as a consumer group of its own: every record, beginning with the oldest that is kept.`,
        ]),
    ...(unread.length === 0
      ? []
      : [
          `${consumes.length === 0 ? "It reads nothing yet" : "It reads no answers yet"}: ${listed(unread.map((topic) => topic.name))} hold the answers to ${template}'s own events, which ${name} knows nothing of; it has no handlers for them. List it under the consumers of the topics that will answer it.`,
        ]),
    ...publishes.map(
      ({ topic, events }) =>
        `It publishes events of its own (${listed(events)}) to a topic of its own, ${topic}. A second producer of ${template}'s events would duplicate their effects. No service consumes ${topic} yet: list its consumers there.`,
    ),
  ];
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1) ?? ""}`;
}
