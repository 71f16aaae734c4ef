import type { SourceLocation } from "../../model/problems/source-location.ts";
import { domainPlace } from "../../model/topics/domain-place.ts";
import type { Removal, TopicDeclaration } from "../../model/types.ts";
import { longestKept } from "../capacity/segments.ts";
import type { PlannedTopic } from "../types.ts";
import { sortedSet } from "./hazard.ts";
import { findRenames } from "./renames.ts";
import { compareSettings, type SettingChange } from "./settings/index.ts";
import { affectedBy, ownersOf, type PlatformState, reviewersOf, type StatePair, teamOf } from "./state.ts";
import type { Change } from "./types.ts";
import { approximateDuration, counted, listed, retentionText } from "./words.ts";

/**
 * Returns the changes of topics: added, removed and renamed topics, and every changed field of the others.
 * @param today - `YYYY-MM-DD`.
 */
export function compareTopics(pair: StatePair, today: string): SettingChange[] {
  const { before, after } = pair;
  const changes: SettingChange[] = [];
  const gone: TopicDeclaration[] = [];
  const fresh: TopicDeclaration[] = [];
  for (const topic of before.plan.topics) {
    const other = after.planned.get(topic.name);
    if (other !== undefined) changes.push(...compareSettings(pair, topic, other));
    else if (topic.kind !== "event") changes.push({ change: derivedRemoved(pair, topic) });
    else if (elsewhere(after, topic.name) !== undefined)
      changes.push(...declaredOf(before.declared, topic).map((declared) => ({ change: left(pair, declared, today) })));
    else gone.push(...declaredOf(before.declared, topic));
  }
  for (const topic of after.plan.topics) {
    if (before.planned.has(topic.name)) continue;
    if (topic.kind === "event") fresh.push(...declaredOf(after.declared, topic));
    else changes.push({ change: derivedAdded(topic) });
  }
  const renames = findRenames(gone, fresh);
  const renamed = new Set(renames.values());
  for (const topic of gone) {
    const target = renames.get(topic.name);
    changes.push({
      change: target === undefined ? removed(pair, topic, today) : renamedTo(pair, topic, target, today),
    });
  }
  for (const topic of fresh) if (!renamed.has(topic.name)) changes.push({ change: added(pair, topic) });
  return changes;
}

function declaredOf(declared: ReadonlyMap<string, TopicDeclaration>, { name }: PlannedTopic): TopicDeclaration[] {
  const found = declared.get(name);
  return found === undefined ? [] : [found];
}

function added(pair: StatePair, topic: TopicDeclaration): Change {
  const { name, source } = topic;
  const planned = pair.after.planned.get(name);
  const affected = affectedBy(pair, name);
  const effects = [
    `new topic of ${topic.owner.team}: ${counted(planned?.partitions ?? topic.partitions, "partition")}, ${counted(planned?.replicationFactor ?? 1, "replica")}, kept ${keptText(planned)}`,
  ];
  const before = elsewhere(pair.before, name)?.stacks;
  if (before !== undefined) effects.push(`promoted: until now only ${listed(before)} had it`);
  if (topic.producers.length === 0) effects.push("no service writes it yet");
  if (topic.consumers.length === 0) effects.push("no service reads it yet");
  return {
    kind: "topic-added",
    object: name,
    after: topic.description,
    hazard: "safe",
    effects,
    reviewers: [],
    ...(affected.length === 0 ? {} : { affected }),
    source,
  };
}

/** Returns the retention as text: `7d (at most about 8d 4h)`. */
function keptText(topic: PlannedTopic | undefined): string {
  const kept = topic === undefined ? undefined : longestKept(topic.config);
  return `${retentionText(Number(topic?.config["retention.ms"] ?? -1))}${kept === undefined ? "" : ` (at most about ${approximateDuration(kept)})`}`;
}

/** Returns a topic that only other environments have; undefined if there is none. */
function elsewhere(state: PlatformState, name: string): TopicDeclaration | undefined {
  return state.model.domains.flatMap((domain) => domain.elsewhere ?? []).find((topic) => topic.name === name);
}

/** Returns the change for a topic that is removed from this environment and stays in others. */
function left(pair: StatePair, topic: TopicDeclaration, today: string): Change {
  const affected = affectedBy(pair, topic.name);
  const stack = pair.after.stackName;
  const stays = elsewhere(pair.after, topic.name);
  const token = pair.after.model.domains
    .flatMap((domain) => domain.removals)
    .find((removal) => removal.topic === topic.name);
  const allowed = token !== undefined && today >= token.date;
  const users = sortedSet(affected.map(({ service }) => service));
  return {
    kind: "topic-removed",
    object: topic.name,
    before: topic.description,
    hazard: allowed ? "irreversible" : "refused",
    effects: [
      `${stack} no longer has the topic: it is deleted there with all its records; ${listed(stays?.stacks ?? [])} ${stays?.stacks?.length === 1 ? "keeps" : "keep"} it`,
      ...(users.length === 0 ? [] : [`${listed(users)} can't use it there any more`]),
      ...(token === undefined
        ? ["there is no permission to delete its records"]
        : [
            allowed
              ? `permitted on ${token.date}: ${token.reason}`
              : `its removal is permitted on ${token.date}; today is ${today}`,
          ]),
    ],
    reviewers: reviewersOf(pair, topic.name, affected),
    advice: allowed
      ? []
      : [
          token === undefined
            ? `add removals: [{topic: ${topic.name}, stacks: [${stack}], reason: <why its records may go>, date: <today>}] to the file of the domain ${topic.domain}`
            : `wait until ${token.date}`,
        ],
    ...(affected.length === 0 ? {} : { affected }),
    source: stays?.places.stacks ?? topic.source,
  };
}

/** Stage of a topic's removal. */
interface RemovalStage {
  readonly allowed: boolean;
  readonly effects: readonly string[];
  readonly advice: readonly string[];
}

/**
 * Returns the stage of a topic's removal. A removal takes three changes. Each is merged and applied before the next:
 * the topic is deprecated, then it has no declared consumer, then it is deleted, with an entry under `removals` of its
 * domain.
 */
function removalStage(pair: StatePair, topic: TopicDeclaration, today: string): RemovalStage {
  const { name, deprecated, consumers, domain } = topic;
  if (deprecated === undefined) {
    return {
      allowed: false,
      effects: [`${name} is not deprecated: its readers have had no warning`],
      advice: [
        `first step, in a change of its own: keep ${name} and add deprecated: {since: <today>, reason: <why, and what to use instead>}`,
      ],
    };
  }
  if (consumers.length > 0) {
    const readers = consumers.map(({ service }) => service);
    return {
      allowed: false,
      effects: [`${listed(readers)} still ${readers.length === 1 ? "reads" : "read"} it before this change`],
      advice: [
        `second step, in a change of its own: keep ${name} and remove ${listed(readers)} from its consumers, once their teams have moved`,
      ],
    };
  }
  const file = pair.after.model.domains.find((each) => each.name === domain);
  const token = file?.removals.find((removal) => removal.topic === name);
  if (token === undefined) {
    return {
      allowed: false,
      effects: ["there is no permission to delete its records"],
      advice: [
        file === undefined
          ? `keep the file of the domain ${domain} with removals: [{topic: ${name}, reason: <why its records may go>, date: <today>}], and delete the file in the next change`
          : `third step: add removals: [{topic: ${name}, reason: <why its records may go>, date: <today>}] to the file of the domain ${domain}`,
      ],
    };
  }
  return (
    tooEarly(token, topic, today) ?? {
      allowed: true,
      effects: [`permitted on ${token.date}: ${token.reason}`],
      advice: [],
    }
  );
}

function tooEarly(token: Removal, { deprecated }: TopicDeclaration, today: string): RemovalStage | undefined {
  const earliest = deprecated?.removal ?? deprecated?.since ?? token.date;
  if (token.date >= earliest) {
    return today >= token.date
      ? undefined
      : {
          allowed: false,
          effects: [`its removal is permitted on ${token.date}; today is ${today}`],
          advice: [`wait until ${token.date}`],
        };
  }
  return {
    allowed: false,
    effects: [`its removal was announced for ${earliest}; the permission is of ${token.date}`],
    advice: [`wait until ${earliest}, and date the removal then`],
  };
}

/**
 * Returns the effect on the producers that are declared until this very change, as text. Nothing proves that they have
 * stopped.
 */
function stillWritten({ producers }: TopicDeclaration): string[] {
  if (producers.length === 0) return [];
  const writers = producers.map(({ service }) => service);
  return [
    `${listed(writers)} still ${writers.length === 1 ? "writes" : "write"} it before this change: what ${writers.length === 1 ? "it publishes" : "they publish"} once the topic is gone is parked (SVC_PUBLISH_TOPIC_MISSING)`,
  ];
}

function removed(pair: StatePair, topic: TopicDeclaration, today: string): Change {
  const affected = affectedBy(pair, topic.name);
  const stage = removalStage(pair, topic, today);
  const writers = topic.producers.map(({ service }) => service);
  const advice =
    stage.allowed && writers.length > 0
      ? [
          `first, in a change of its own: keep ${topic.name} and remove ${listed(writers)} from its producers, once ${writers.length === 1 ? "it runs" : "they run"} without it`,
        ]
      : stage.advice;
  return {
    kind: "topic-removed",
    object: topic.name,
    before: topic.description,
    hazard: stage.allowed ? "irreversible" : "refused",
    effects: ["the topic is deleted with all its records", ...stillWritten(topic), ...stage.effects],
    reviewers: reviewersOf(pair, topic.name, affected),
    ...(advice.length === 0 ? {} : { advice }),
    ...(affected.length === 0 ? {} : { affected }),
    ...sourceOf(removalPlace(pair, topic)),
  };
}

/** Returns the location in the head that is about a removed topic: its entry under `removals`, otherwise its domain. */
function removalPlace({ after }: StatePair, { name, domain }: TopicDeclaration): SourceLocation | undefined {
  const file = after.model.domains.find((each) => each.name === domain);
  return file?.removals.find((removal) => removal.topic === name)?.source ?? file?.source;
}

function sourceOf(source: SourceLocation | undefined): { source?: SourceLocation } {
  return source === undefined ? {} : { source };
}

function renamedTo(pair: StatePair, topic: TopicDeclaration, target: string, today: string): Change {
  const affected = affectedBy(pair, topic.name);
  const stage = removalStage(pair, topic, today);
  return {
    kind: "topic-renamed",
    object: topic.name,
    before: topic.name,
    after: target,
    hazard: stage.allowed ? "irreversible" : "refused",
    effects: [
      `Kafka can't rename a topic: ${topic.name} is deleted with all its records, ${target} is made empty`,
      "what consumers have not read yet is lost, and their offsets start from the beginning",
      ...stage.effects,
    ],
    reviewers: sortedSet([...reviewersOf(pair, topic.name, affected), ...reviewersOf(pair, target)]),
    advice: stage.allowed
      ? []
      : [
          `keep ${topic.name}, declare ${target} beside it, let the producers write to ${target}, move each consumer once it has read ${topic.name} to its end, then remove ${topic.name} in the three steps`,
        ],
    ...(affected.length === 0 ? {} : { affected }),
    ...sourceOf(pair.after.declared.get(target)?.source),
  };
}

function derivedAdded(topic: PlannedTopic): Change {
  const what =
    topic.kind === "dead-letter"
      ? "holds what its group could not handle"
      : topic.kind === "retry"
        ? "holds what its group tries again later"
        : "belongs to the schema registry";
  return {
    kind: "topic-added",
    object: topic.name,
    hazard: "safe",
    effects: [`derived: ${what}`],
    reviewers: [],
    source: topic.source,
  };
}

function derivedRemoved(pair: StatePair, topic: PlannedTopic): Change {
  const service = topic.name.replace(/\.(dlt|retry-.*)$/, "");
  const lost =
    topic.kind === "dead-letter"
      ? `dead-letter records of ${service} that are not resolved are deleted`
      : topic.kind === "retry"
        ? `records of ${service} that wait for their next try are deleted`
        : "the registry's memory is deleted";
  const advice =
    topic.kind === "dead-letter"
      ? ["`npx kit dlt list` shows what is there; replay or discard it first"]
      : ["let the group drain it first: stop the service's intake, wait until the topic is read to its end"];
  const owner = pair.after.topology.owners.get(service);
  return {
    kind: "topic-removed",
    object: topic.name,
    hazard: "irreversible",
    effects: [`derived topic: ${lost}`],
    reviewers: sortedSet([...ownersOf(pair, topic.name), teamOf(pair.before, service)]),
    advice,
    ...sourceOf(
      pair.after.topology.groups.get(service)?.source ??
        (owner === undefined ? undefined : domainPlace(owner, `services.${service}`)),
    ),
  };
}
