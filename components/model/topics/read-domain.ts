import { compareText, type Problem } from "../problems/problem.ts";
import { keepValid } from "../problems/pruning.ts";
import type { ModelRule } from "../problems/rules.ts";
import type { SourceLocation } from "../problems/source-location.ts";
import { didYouMean } from "../problems/suggestion.ts";
import { type Located, type PropertyPath, validate } from "../problems/validation.ts";
import type { EventSchema, SchemaFiles } from "../schemas/schema-files.ts";
import { formatOf, type SchemaFormat } from "../schemas/schema-format.ts";
import { topicsFolder } from "../source-file.ts";
import type { ClaimCheck, Consumer, Domain, EventDeclaration, Producer, Saga, TopicDeclaration } from "../types.ts";
import { defined } from "../values/defined.ts";
import { formatDuration } from "../values/duration.ts";
import { formatSize } from "../values/size.ts";
import { readYaml } from "../yaml/yaml-document.ts";
import { claimableFields, claimCheckOf } from "./claim-check.ts";
import { placesOfStacks, readEnvironments } from "./read-overrides.ts";
import { type TopicFile, topicFileSchema } from "./topic-file.ts";

type FileTopic = TopicFile["topics"][string];

/** A domain read from its file, with the locations that checks across files need. */
export interface DomainReading {
  readonly domain?: Domain;
  readonly problems: readonly Problem[];
  readonly at?: Located;
  /** Whether events are missing because their schemas have faults. The schema files report those faults. Default: no. */
  readonly incomplete?: boolean;
}

/** Reads one domain file. It makes the checks within the file. `read-topics.ts` makes the checks across files. */
export function readDomain(file: string, text: string, schemas: SchemaFiles): DomainReading {
  const yaml = readYaml(file, text);
  // A value behind an alias is not read, and would also be reported as missing.
  if (yaml.document === undefined || yaml.problems.some((problem) => problem.rule === "yaml-alias"))
    return { problems: yaml.problems };
  const { at, value } = yaml.document;
  const expected = file.slice(topicsFolder.length + 1).replace(/\.yaml$/, "");
  const read = validate(topicFileSchema, value, at);
  const problems: Problem[] = [...yaml.problems, ...(read.ok ? [] : read.problems)];
  const content = read.ok ? read.value : keepValid(topicFileSchema, withHead(value, expected));
  if (content === undefined) return { problems };
  const report: Report = (rule, path, message, fix, part = "value") => {
    problems.push({ rule, ...at.place(path, part), message, ...(fix === undefined ? {} : { fix }) });
  };
  if (content.domain !== expected)
    report(
      "domain-file-name",
      ["domain"],
      `the domain ${JSON.stringify(content.domain)} stands in ${file}`,
      `rename the file to ${topicsFolder}/${content.domain}.yaml, or write domain: ${expected}`,
    );
  content.services.forEach((service, index) => {
    if (content.services.indexOf(service) !== index)
      report("duplicate-service-owner", ["services", index], `${service} is listed twice`, "delete one");
  });

  content.removals.forEach(({ topic }, index) => {
    if (content.removals.findIndex((other) => other.topic === topic) !== index)
      report(
        "duplicate-removal",
        ["removals", index, "topic"],
        `the removal of ${topic} is listed twice`,
        "delete one",
      );
  });

  const topics = Object.entries(content.topics).map(([name, topic]) =>
    readTopic(name, topic, eventNames(value, name), content, at, schemas, report),
  );
  const domain: Domain = {
    name: content.domain,
    owner: content.owner,
    criticality: content.criticality,
    services: [...content.services].sort(compareText),
    topics: topics.sort((a, b) => compareText(a.name, b.name)),
    sagas: readSagas(content, at),
    removals: content.removals
      .map(({ topic, stacks, reason, date }, index) => ({
        topic,
        ...(stacks === undefined ? {} : { stacks: stacks.toSorted(compareText) }),
        reason,
        date,
        source: at.place(["removals", index]),
      }))
      .sort((a, b) => compareText(a.topic, b.topic)),
    source: at.place(["domain"], "key"),
    places: headPlaces(content, at),
  };
  const incomplete = Object.values(content.topics).some(({ events }) =>
    Object.values(events).some(({ schema }) => schemas.isFaulty(schema)),
  );
  return { domain, problems, at, ...(incomplete ? { incomplete } : {}) };
}

/** Returns the locations of the fields for the domain's owner, services and criticality. */
function headPlaces({ services }: TopicFile, at: Located): Record<string, SourceLocation> {
  return {
    criticality: at.place(["criticality"], "key"),
    "owner.team": at.place(["owner", "team"], "key"),
    "owner.contact": at.place(["owner", "contact"], "key"),
    ...Object.fromEntries(services.map((service, index) => [`services.${service}`, at.place(["services", index])])),
  };
}

type Report = (rule: ModelRule, path: PropertyPath, message: string, fix?: string, part?: "key" | "value") => void;

/** Returns the value with a placeholder for each wrong part of its head, so that its topics are still checked. */
function withHead(value: unknown, domain: string): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const head = { domain, owner: { team: "unknown", contact: "unknown" }, criticality: "low" };
  const shape = topicFileSchema.shape;
  return {
    ...value,
    ...Object.fromEntries(
      Object.entries(head).filter(
        ([key]) => !shape[key as keyof typeof head].safeParse((value as Record<string, unknown>)[key]).success,
      ),
    ),
  };
}

/** Returns the event names of the file, valid or not: a reference to a faulty event is not a second fault. */
function eventNames(value: unknown, topic: string): string[] {
  let found: unknown = value;
  for (const key of ["topics", topic, "events"])
    found = typeof found === "object" && found !== null ? (found as Record<string, unknown>)[key] : undefined;
  return typeof found === "object" && found !== null ? Object.keys(found).sort(compareText) : [];
}

function readTopic(
  name: string,
  topic: FileTopic,
  names: readonly string[],
  content: TopicFile,
  at: Located,
  schemas: SchemaFiles,
  report: Report,
): TopicDeclaration {
  const path = ["topics", name];
  const { events: declared, producers, consumers, ...settings } = topic;
  const events: EventDeclaration[] = [];
  for (const [event, { schema, compatibility, claimCheck: own }] of Object.entries(declared)) {
    const found = schemas.find(schema);
    if (!found.ok) {
      // A fault within the schema is reported once, at its own location, however many events refer to the schema.
      if (!schemas.isFaulty(schema))
        report(found.rule, [...path, "events", event, "schema"], `${event}: ${found.message}`, found.fix);
      continue;
    }
    if (topic.key !== undefined && !found.value.fields.includes(topic.key)) {
      report(
        "key-not-in-schema",
        [...path, "key"],
        `the key ${JSON.stringify(topic.key)} is no field of ${found.value.record} (${event})`,
        didYouMean(topic.key, found.value.fields),
      );
    }
    const claimed = own ?? topic.claimCheck;
    const claimCheck = claimed === undefined ? undefined : claimCheckOf(claimed);
    if (claimCheck !== undefined)
      checkClaim(
        claimCheck,
        found.value,
        own === undefined ? [...path, "claimCheck"] : [...path, "events", event, "claimCheck"],
        event,
        report,
        formatOf(schema),
      );
    events.push({
      name: event,
      schemaPath: schema,
      record: found.value.record,
      schema: found.value.schema,
      ...defined({ references: found.value.references, compatibility, claimCheck }),
      source: at.place([...path, "events", event], "key"),
    });
  }

  const checkEvents = (wanted: readonly string[] | undefined, where: PropertyPath): readonly string[] => {
    wanted?.forEach((event, index) => {
      if (wanted.indexOf(event) !== index)
        report("duplicate-event", [...where, index], `${event} is listed twice`, "delete one");
      else if (!names.includes(event))
        report(
          "unknown-event",
          [...where, index],
          `${name} declares no event ${JSON.stringify(event)}`,
          didYouMean(event, names),
        );
    });
    return wanted === undefined ? names : [...new Set(wanted)].sort(compareText);
  };

  const readProducers: Producer[] = Object.entries(producers).map(([service, producer]) => ({
    service,
    events: checkEvents(producer.events, [...path, "producers", service, "events"]),
    ...defined({ rate: producer.rate, quota: producer.quota, transactional: producer.transactional }),
    source: at.place([...path, "producers", service], "key"),
  }));
  const readConsumers: Consumer[] = Object.entries(consumers).map(([service, consumer]) => {
    const where = [...path, "consumers", service];
    if (consumer.instances > topic.partitions) {
      report(
        "too-many-instances",
        [...where, "instances"],
        `${service} wants ${consumer.instances} instances on the ${topic.partitions} partitions of ${name}: ${consumer.instances - topic.partitions} would stay idle`,
        `lower instances to ${topic.partitions}, or raise partitions`,
      );
    }
    const delays = consumer.retry ?? [];
    delays.forEach((delay, index) => {
      const previous = delays[index - 1];
      if (previous !== undefined && previous >= delay)
        report(
          "invalid-value",
          [...where, "retry", index],
          `the retry delay ${formatDuration(delay)} follows ${formatDuration(previous)}`,
          "list each delay once, shortest first",
        );
    });
    return {
      service,
      events: checkEvents(consumer.events, [...where, "events"]),
      instances: consumer.instances,
      fetches: checkFetches(consumer.fetches ?? [], consumer.events, events, [...where, "fetches"], report),
      ...defined({ quota: consumer.quota }),
      retryDelays: [...new Set(delays)].sort((a, b) => a - b),
      source: at.place(where, "key"),
    };
  });

  return {
    name,
    domain: content.domain,
    owner: content.owner,
    criticality: content.criticality,
    description: settings.description,
    partitions: settings.partitions,
    ...defined({
      key: settings.key,
      retention: settings.retention,
      retentionBytes: settings.retentionBytes,
      cleanup: settings.cleanup,
      segmentAge: settings.segmentAge,
      segmentSize: settings.segmentSize,
      tombstoneRetention: settings.tombstoneRetention,
      minCompactionLag: settings.minCompactionLag,
      maxCompactionLag: settings.maxCompactionLag,
      dirtyRatio: settings.dirtyRatio,
      timestampType: settings.timestampType,
      remoteStorage: settings.remoteStorage,
      localRetention: settings.localRetention,
      localRetentionBytes: settings.localRetentionBytes,
      maxMessage: settings.maxMessage,
      compression: settings.compression,
      compatibility: settings.compatibility,
      replicationFactor: settings.replicationFactor,
      minInsyncReplicas: settings.minInsyncReplicas,
      classification: settings.classification ?? content.classification,
      residency: (settings.residency ?? content.residency)?.toSorted(compareText),
      labels: settings.labels,
    }),
    ...(settings.deprecated === undefined
      ? {}
      : {
          deprecated: {
            since: settings.deprecated.since,
            reason: settings.deprecated.reason,
            ...defined({ removal: settings.deprecated.removal }),
          },
        }),
    events: events.sort((a, b) => compareText(a.name, b.name)),
    producers: readProducers.sort((a, b) => compareText(a.service, b.service)),
    consumers: readConsumers.sort((a, b) => compareText(a.service, b.service)),
    source: at.place(path, "key") satisfies SourceLocation,
    ...readEnvironments(name, topic, at, report),
    places: {
      ...Object.fromEntries(Object.keys(settings).map((setting) => [setting, at.place([...path, setting], "key")])),
      ...placesOfStacks(name, topic.stacks, at),
    },
  };
}

/** Checks that a consumer fetches only stored fields of events that it handles. Returns the fetched events, sorted. */
function checkFetches(
  wanted: readonly string[],
  handled: readonly string[],
  events: readonly EventDeclaration[],
  where: PropertyPath,
  report: Report,
): string[] {
  const stored = events.filter(({ claimCheck }) => claimCheck?.field !== undefined).map(({ name }) => name);
  wanted.forEach((event, index) => {
    if (wanted.indexOf(event) !== index)
      report("duplicate-event", [...where, index], `${event} is listed twice`, "delete one");
    else if (!handled.includes(event))
      report(
        "unknown-event",
        [...where, index],
        `${JSON.stringify(event)} is none of the events that the service handles`,
        didYouMean(event, handled),
      );
    else if (events.some(({ name }) => name === event) && !stored.includes(event))
      report(
        "claim-check-field",
        [...where, index],
        `no field of ${event} is stored outside Kafka, so there is nothing to fetch`,
        "delete it, or give the event a claimCheck with a field",
      );
  });
  return [...new Set(wanted)].sort(compareText);
}

/** Checks that a claim check has content to store, and names a nullable field. */
function checkClaim(
  { above, atMost, field }: ClaimCheck,
  { record, schema }: EventSchema,
  path: PropertyPath,
  event: string,
  report: Report,
  format: SchemaFormat,
): void {
  if (atMost <= above)
    report(
      "invalid-value",
      [...path, "above"],
      `${event}: contents above ${formatSize(above)} are stored and above ${formatSize(atMost)} refused, so nothing would be stored`,
      "lower above, or raise atMost",
    );
  if (field === undefined) return;
  const possible = format === "avro" ? claimableFields(schema) : [];
  if (possible.includes(field)) return;
  report(
    "claim-check-field",
    [...path, "field"],
    `${event}: ${JSON.stringify(field)} is no field of ${record} of the type ["null", "bytes"]`,
    possible.length === 0
      ? 'give the content a field of the type ["null", "bytes"] with the default null'
      : didYouMean(field, possible),
  );
}

function readSagas(content: TopicFile, at: Located): Saga[] {
  return Object.entries(content.sagas)
    .map(([name, { steps, ...saga }]) => ({
      ...saga,
      name,
      domain: content.domain,
      steps: Object.entries(steps)
        .map(([step, { compensation, failure, pivot, retriable, ...rest }]) => ({
          ...rest,
          name: step,
          failure: failure ?? [],
          ...defined({ compensation }),
          pivot: pivot ?? false,
          retriable: retriable ?? false,
          source: at.place(["sagas", name, "steps", step], "key"),
        }))
        .sort((a, b) => compareText(a.name, b.name)),
      source: at.place(["sagas", name], "key"),
    }))
    .sort((a, b) => compareText(a.name, b.name));
}
