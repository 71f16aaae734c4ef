import type { Consumer, Producer, TopicDeclaration } from "../../../model/types.ts";
import { formatDuration } from "../../../model/values/duration.ts";
import { deadLetterTopicName } from "../../../model/values/names.ts";
import { sortedSet } from "../hazard.ts";
import { affectedBy, hasOwner, ownerMissing, type StatePair, teamOf } from "../state.ts";
import type { Change } from "../types.ts";
import { listed, rateText } from "../words.ts";
import { renamedService, type ServiceRename, startingPlace, underNewNames } from "./service-renames.ts";

/**
 * Returns the changes of producers and consumers of each topic that is in both states: added, removed, renamed,
 * changed.
 */
export function compareServices(pair: StatePair, renames: readonly ServiceRename[]): Change[] {
  const changes: Change[] = renames.map((rename) => renamedService(pair, rename));
  for (const [name, after] of pair.after.declared) {
    const before = pair.before.declared.get(name);
    if (before === after) continue;
    // A renamed service does the same work under its new name. Other differences are reported for the new name.
    const was = before === undefined ? undefined : underNewNames(before, after, renames);
    changes.push(...compareProducers(pair, was, after), ...compareConsumers(pair, was, after));
  }
  return changes;
}

function compareProducers(pair: StatePair, before: TopicDeclaration | undefined, after: TopicDeclaration): Change[] {
  const was = new Map(before?.producers.map((producer) => [producer.service, producer]));
  const is = new Map(after.producers.map((producer) => [producer.service, producer]));
  const changes: Change[] = [];
  for (const [service, producer] of is) {
    const old = was.get(service);
    if (old !== undefined) changes.push(...changedProducer(pair, before, after, old, producer));
    else changes.push(...addedProducer(pair, before, after, producer));
  }
  for (const [service, producer] of was)
    if (!is.has(service)) changes.push(removedProducer(pair, after, producer, is.size === 0));
  return changes;
}

function addedProducer(
  pair: StatePair,
  before: TopicDeclaration | undefined,
  after: TopicDeclaration,
  { service, events, source }: Producer,
): Change[] {
  const team = teamOf(pair.after, service);
  const owned = hasOwner(pair, service);
  const foreign = !owned || team !== after.owner.team;
  const second = (before?.producers.length ?? 0) > 0 && after.key !== undefined;
  const effects = [`may publish ${listed(events)} to ${after.name}`];
  if (second)
    effects.push(
      `order per ${after.key ?? "key"} holds for each producer by itself, not between ${service} and ${listed((before?.producers ?? []).map((producer) => producer.service))}`,
    );
  if (!owned) effects.push(ownerMissing(service));
  if (after.deprecated !== undefined) effects.push(`${after.name} is deprecated since ${after.deprecated.since}`);
  const approval = foreign || second || after.deprecated !== undefined;
  const consumers = second ? after.consumers.map((consumer) => teamOf(pair.after, consumer.service)) : [];
  return [
    {
      kind: "producer-added",
      object: `${after.name}/${service}`,
      after: service,
      hazard: approval ? "approval" : "safe",
      effects,
      reviewers: approval ? sortedSet([after.owner.team, team, ...consumers]) : [],
      affected: [{ service, team, role: "producer" }],
      source,
    },
  ];
}

function removedProducer(
  pair: StatePair,
  after: TopicDeclaration,
  { service, events }: Producer,
  last: boolean,
): Change {
  const team = teamOf(pair.before, service);
  const orphaned = events.filter(
    (event) =>
      after.events.some(({ name }) => name === event) &&
      !after.producers.some((producer) => producer.events.includes(event)),
  );
  const waiting = after.consumers.filter((consumer) => consumer.events.some((event) => orphaned.includes(event)));
  const effects = [`can no longer write to ${after.name}: a running ${service} fails on its next send`];
  if (last) effects.push(`no service writes ${after.name} any more`);
  else if (orphaned.length > 0) effects.push(`no service publishes ${listed(orphaned)} any more`);
  return {
    kind: "producer-removed",
    object: `${after.name}/${service}`,
    before: service,
    hazard: "approval",
    effects,
    reviewers: sortedSet([after.owner.team, team, ...waiting.map((consumer) => teamOf(pair.after, consumer.service))]),
    affected: [
      { service, team, role: "producer" },
      ...affectedBy(pair, after.name).filter(
        (each) => waiting.some((consumer) => consumer.service === each.service) && each.role === "consumer",
      ),
    ],
    source: after.source,
  };
}

function changedProducer(
  pair: StatePair,
  topicBefore: TopicDeclaration | undefined,
  after: TopicDeclaration,
  was: Producer,
  is: Producer,
): Change[] {
  const changes: Change[] = [];
  const team = teamOf(pair.after, is.service);
  const common = {
    kind: "producer-changed" as const,
    object: `${after.name}/${is.service}`,
    affected: [{ service: is.service, team, role: "producer" as const }],
    source: is.source,
  };
  if (was.rate !== is.rate) {
    changes.push({
      ...common,
      field: "rate",
      ...(was.rate === undefined ? {} : { before: rateText(was.rate) }),
      ...(is.rate === undefined ? {} : { after: rateText(is.rate) }),
      hazard: "safe",
      effects: ["a figure for planning: what disks need is computed from it"],
      reviewers: [],
    });
  }
  if ((was.transactional === true) !== (is.transactional === true)) {
    changes.push({
      ...common,
      field: "transactional",
      before: String(was.transactional === true),
      after: String(is.transactional === true),
      hazard: is.transactional === true ? "safe" : "approval",
      effects: [
        is.transactional === true
          ? "may write in transactions; consumers see its records once a transaction commits, if they read committed ones only"
          : `a running ${is.service} fails on its next transaction`,
      ],
      reviewers: is.transactional === true ? [] : sortedSet([after.owner.team, team]),
    });
  }
  // "All of the topic" follows the topic's events, and the changes of the events cover it.
  const known = new Set(topicBefore?.events.map(({ name }) => name));
  const here = new Set(after.events.map(({ name }) => name));
  const added = is.events.filter((event) => !was.events.includes(event) && known.has(event));
  const removed = was.events.filter((event) => !is.events.includes(event) && here.has(event));
  if (added.length > 0 || removed.length > 0) {
    const orphaned = removed.filter((event) => !after.producers.some((producer) => producer.events.includes(event)));
    const waiting = after.consumers
      .filter((consumer) => consumer.events.some((event) => orphaned.includes(event)))
      .map(({ service }) => service);
    changes.push({
      ...common,
      field: "events",
      before: was.events.join(", "),
      after: is.events.join(", "),
      hazard: removed.length > 0 ? "approval" : "safe",
      effects: [
        ...(added.length > 0 ? [`also publishes ${listed(added)}`] : []),
        ...(removed.length > 0 ? [`no longer publishes ${listed(removed)}`] : []),
        ...(waiting.length > 0
          ? [
              `${listed(waiting)} ${waiting.length === 1 ? "waits" : "wait"} for ${listed(orphaned)}, which no service publishes any more`,
            ]
          : []),
      ],
      reviewers:
        removed.length > 0
          ? sortedSet([after.owner.team, team, ...waiting.map((service) => teamOf(pair.after, service))])
          : [],
    });
  }
  return changes;
}

function compareConsumers(pair: StatePair, before: TopicDeclaration | undefined, after: TopicDeclaration): Change[] {
  const was = new Map(before?.consumers.map((consumer) => [consumer.service, consumer]));
  const is = new Map(after.consumers.map((consumer) => [consumer.service, consumer]));
  const changes: Change[] = [];
  for (const [service, consumer] of is) {
    const old = was.get(service);
    if (old === undefined) changes.push(addedConsumer(pair, after, consumer));
    else changes.push(...changedConsumer(pair, before, after, old, consumer));
  }
  for (const [service, consumer] of was) if (!is.has(service)) changes.push(removedConsumer(pair, after, consumer));
  return changes;
}

function addedConsumer(pair: StatePair, after: TopicDeclaration, { service, events, source }: Consumer): Change {
  const team = teamOf(pair.after, service);
  const owned = hasOwner(pair, service);
  const foreign = !owned || team !== after.owner.team;
  const effects = [
    `group ${service} may read ${after.name} and handles ${listed(events)}`,
    `it has no offsets there: it begins ${startingPlace(pair.after, [after.name])}`,
  ];
  if (!owned) effects.push(ownerMissing(service));
  if (after.deprecated !== undefined)
    effects.push(`${after.name} is deprecated since ${after.deprecated.since}: ${after.deprecated.reason}`);
  const approval = foreign || after.deprecated !== undefined;
  return {
    kind: "consumer-added",
    object: `${after.name}/${service}`,
    after: service,
    hazard: approval ? "approval" : "safe",
    effects,
    reviewers: approval ? sortedSet([after.owner.team, team]) : [],
    affected: [{ service, team, role: "consumer" }],
    source,
  };
}

function removedConsumer(pair: StatePair, after: TopicDeclaration, { service }: Consumer): Change {
  const team = teamOf(pair.before, service);
  const last = !pair.after.topology.groups.has(service);
  return {
    kind: "consumer-removed",
    object: `${after.name}/${service}`,
    before: service,
    hazard: "approval",
    effects: [
      `group ${service} can no longer read ${after.name}: a running ${service} fails on its next fetch`,
      last
        ? `it reads nothing any more: the group and ${deadLetterTopicName(service)} go`
        : `its offsets on ${after.name} expire after 7 days (offsets.retention.minutes); one that comes back later starts from the beginning`,
    ],
    reviewers: sortedSet([team, after.owner.team]),
    affected: [{ service, team, role: "consumer" }],
    source: after.source,
  };
}

function changedConsumer(
  pair: StatePair,
  before: TopicDeclaration | undefined,
  after: TopicDeclaration,
  was: Consumer,
  is: Consumer,
): Change[] {
  const { service } = is;
  const team = teamOf(pair.after, service);
  const common = {
    kind: "consumer-changed" as const,
    object: `${after.name}/${service}`,
    affected: [{ service, team, role: "consumer" as const }],
    source: is.source,
  };
  const changes: Change[] = [];
  if (was.instances !== is.instances) {
    changes.push({
      ...common,
      field: "instances",
      before: was.instances,
      after: is.instances,
      hazard: "safe",
      effects: [
        `partitions are reassigned to ${is.instances} consumers${is.instances < was.instances ? `: each takes about ${(was.instances / is.instances).toFixed(1)} times as much` : ""}`,
      ],
      reviewers: [],
    });
  }
  const known = new Set(before?.events.map(({ name }) => name));
  const added = is.events.filter((event) => !was.events.includes(event));
  const removed = was.events.filter((event) => !is.events.includes(event));
  if (added.length > 0 || removed.length > 0) {
    const gone = removed.filter((event) => after.events.some(({ name }) => name === event));
    const old = added.filter((event) => known.has(event));
    changes.push({
      ...common,
      field: "events",
      before: was.events.join(", "),
      after: is.events.join(", "),
      hazard: gone.length > 0 ? "approval" : "safe",
      effects: [
        ...(added.length > 0
          ? [
              `handles ${listed(added)} from now on${old.length > 0 ? `; records of ${listed(old)} that it has passed already stay unhandled` : ""}`,
            ]
          : []),
        ...(removed.length > 0
          ? [`skips ${listed(removed)} from now on, also what waits for a retry or was dead-lettered`]
          : []),
      ],
      reviewers: gone.length > 0 ? sortedSet([team, after.owner.team]) : [],
    });
  }
  if (was.fetches.join() !== is.fetches.join()) {
    const lost = was.fetches.filter((event) => !is.fetches.includes(event));
    const gained = is.fetches.filter((event) => !was.fetches.includes(event));
    changes.push({
      ...common,
      field: "fetches",
      ...(was.fetches.length === 0 ? {} : { before: was.fetches.join(", ") }),
      ...(is.fetches.length === 0 ? {} : { after: is.fetches.join(", ") }),
      hazard: lost.length > 0 || team !== after.owner.team ? "approval" : "safe",
      effects: [
        ...(gained.length > 0
          ? [`may read what of ${listed(gained)} is stored outside Kafka; it needs credentials of the store`]
          : []),
        ...(lost.length > 0
          ? [
              `may no longer read what of ${listed(lost)} is stored: a running ${service} makes dead-letter records of them`,
            ]
          : []),
      ],
      reviewers: lost.length > 0 || team !== after.owner.team ? sortedSet([team, after.owner.team]) : [],
    });
  }
  const delays = (consumer: Consumer): string => consumer.retryDelays.map(formatDuration).join(", ");
  if (delays(was) !== delays(is)) {
    changes.push({
      ...common,
      field: "retry",
      ...(was.retryDelays.length === 0 ? {} : { before: delays(was) }),
      ...(is.retryDelays.length === 0 ? {} : { after: delays(is) }),
      hazard: "safe",
      effects: [
        is.retryDelays.length === 0
          ? "failed records go to the dead-letter topic at once"
          : `failed records are tried again after ${delays(is)}`,
      ],
      reviewers: [],
    });
  }
  return changes;
}
