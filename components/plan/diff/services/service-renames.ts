import { compareText } from "../../../model/problems/problem.ts";
import type { TopicDeclaration } from "../../../model/types.ts";
import { deadLetterTopicName } from "../../../model/values/names.ts";
import { sortedSet } from "../hazard.ts";
import { overlap } from "../renames.ts";
import { hasOwner, ownerMissing, ownersOf, type PlatformState, type StatePair, teamOf } from "../state.ts";
import type { Change } from "../types.ts";
import { listed, retentionText } from "../words.ts";

/** A service that came back under another name. */
export interface ServiceRename {
  readonly from: string;
  readonly to: string;
}

/** From this likeness on a service that went and one that came are taken for one that was renamed. */
const renameThreshold = 0.6;

/** Most services looked at for one that went: many that share one topic must not make the search quadratic. */
const maxCandidates = 50;

/**
 * Which services came back under another name: run by the same team, and reading and writing nearly the same topics.
 * Each service is in one rename at most; the likest pair first, then by name.
 */
export function findServiceRenames({ before, after }: StatePair): ServiceRename[] {
  const fresh = new Map<string, string[]>();
  for (const service of missingIn(after, before)) {
    for (const use of usesOf(after, service)) {
      const sharing = fresh.get(use);
      if (sharing === undefined) fresh.set(use, [service]);
      else if (sharing.length < maxCandidates) sharing.push(service);
    }
  }
  const pairs = missingIn(before, after).flatMap((from) => {
    const uses = usesOf(before, from);
    const candidates = [...new Set(uses.flatMap((use) => fresh.get(use) ?? []))].slice(0, maxCandidates);
    return candidates.flatMap((to) => {
      const score = teamOf(before, from) === teamOf(after, to) ? overlap(uses, usesOf(after, to)) : 0;
      return score >= renameThreshold ? [{ from, to, score }] : [];
    });
  });
  const renames: ServiceRename[] = [];
  for (const { from, to } of pairs.sort(
    (a, b) => b.score - a.score || compareText(a.from, b.from) || compareText(a.to, b.to),
  )) {
    if (!renames.some((rename) => rename.from === from || rename.to === to)) renames.push({ from, to });
  }
  return renames.sort((a, b) => compareText(a.to, b.to));
}

/** Services that use Kafka in one state, and are in no list of the other. */
function missingIn(state: PlatformState, other: PlatformState): string[] {
  const known = new Set([...other.topology.services, ...other.topology.owners.keys()]);
  return state.topology.services.filter((service) => !known.has(service));
}

function usesOf({ topology }: PlatformState, service: string): string[] {
  return [
    ...(topology.productions.get(service) ?? []).map(({ topic }) => `> ${topic.name}`),
    ...readBy(topology.groups, service).map((topic) => `< ${topic}`),
  ];
}

function readBy(groups: PlatformState["topology"]["groups"], service: string): string[] {
  return (groups.get(service)?.consumptions ?? []).map(({ topic }) => topic.name);
}

/**
 * A topic as it was, with each renamed service that still uses it under its new name: what the service does otherwise there
 * is then a change of it, and not a service that goes and another that comes.
 */
export function underNewNames(
  before: TopicDeclaration,
  after: TopicDeclaration,
  renames: readonly ServiceRename[],
): TopicDeclaration {
  if (renames.length === 0) return before;
  const among = <T extends { readonly service: string }>(old: readonly T[], fresh: readonly T[]): T[] =>
    old.map((each) => {
      const to = renames.find(({ from }) => from === each.service)?.to;
      return to !== undefined && fresh.some(({ service }) => service === to) ? { ...each, service: to } : each;
    });
  return {
    ...before,
    producers: among(before.producers, after.producers),
    consumers: among(before.consumers, after.consumers),
  };
}

/** The one line on a renamed service: Kafka knows no rename of a group or a principal. */
export function renamedService(pair: StatePair, { from, to }: ServiceRename): Change {
  const { before, after } = pair;
  const team = teamOf(after, to);
  const read = readBy(after.topology.groups, to);
  const written = (after.topology.productions.get(to) ?? []).map(({ topic }) => topic.name);
  const effects = [
    `for Kafka ${to} is another service: a new principal with new credentials; a running ${from} fails on its next request`,
  ];
  const advice = [
    `run ${to} beside ${from} until ${from} is switched off: declare both in one change, and remove ${from} in the next`,
  ];
  if (read.length > 0) {
    effects.push(
      `group ${to} has no offsets: it begins ${startingPlace(after, read)}, and handles again what ${from} has handled; its inbox is new and does not know those events`,
    );
    effects.push(`group ${from} goes with its offsets, ${deadLetterTopicName(from)} and what waits for a retry`);
    advice.push(
      `before ${to} starts, stop ${from} and give its group the offsets of ${from}: kafka-consumer-groups.sh --export --reset-offsets of one, --from-file of the other`,
    );
  }
  if (!hasOwner(pair, to)) effects.push(ownerMissing(to));
  const source = after.topology.groups.get(to)?.source ?? after.topology.productions.get(to)?.[0]?.producer.source;
  return {
    kind: "service-renamed",
    object: to,
    before: from,
    after: to,
    hazard: "approval",
    effects,
    reviewers: sortedSet([
      team,
      teamOf(before, from),
      ...[...read, ...written].flatMap((topic) => ownersOf(pair, topic)),
    ]),
    advice,
    affected: [
      ...(read.length > 0 ? [{ service: to, team, role: "consumer" as const }] : []),
      ...(written.length > 0 ? [{ service: to, team, role: "producer" as const }] : []),
    ],
    ...(source === undefined ? {} : { source }),
  };
}

/**
 * Where a group without offsets begins, in words. The services' library reads with `auto.offset.reset` earliest:
 * the default of Kafka's clients, latest, would skip what is written until the first commit.
 */
export function startingPlace({ planned }: PlatformState, topics: readonly string[]): string {
  const kept = topics.map((name) => {
    const config = planned.get(name)?.config ?? {};
    const cleanup = config["cleanup.policy"] ?? "delete";
    const retention = retentionText(Number(config["retention.ms"] ?? -1));
    return `${name} (${cleanup === "compact" ? "the last record of each key" : cleanup === "delete" ? retention : `the last record of each key, ${retention}`})`;
  });
  return `with the oldest record that is kept (auto.offset.reset: earliest) of ${listed(kept)}`;
}
