import { compareText } from "../../../model/problems/problem.ts";
import type { TopicDeclaration } from "../../../model/types.ts";
import { deadLetterTopicName } from "../../../model/values/names.ts";
import { sortedSet } from "../hazard.ts";
import { overlap } from "../renames.ts";
import { hasOwner, ownerMissing, ownersOf, type PlatformState, type StatePair, teamOf } from "../state.ts";
import type { Change } from "../types.ts";
import { listed, retentionText } from "../words.ts";

/** A removed service that was added under another name. */
export interface ServiceRename {
  readonly from: string;
  readonly to: string;
}

/** Minimum likeness at which a removed and an added service count as a rename. */
const renameThreshold = 0.6;

/**
 * Maximum number of candidates for one removed service. Without it, a topic that many services share would make the
 * search quadratic.
 */
const maxCandidates = 50;

/**
 * Finds renamed services: the old and the new name have the same team, and read and write nearly the same topics. Each
 * service is in at most one rename. The most similar pair comes first, then the order is by name.
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

/** Returns the services that use Kafka in one state, and that no list of the other state contains. */
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
 * Returns a topic before the change, with the new name of each renamed service that still uses it. Another difference
 * of such a service is then reported as a change of the service, not as a removal and an addition.
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

/** Returns the change for a renamed service. Kafka cannot rename a group or a principal. */
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
 * Returns where a group without offsets starts, as text. The services' library sets `auto.offset.reset` to earliest.
 * With latest, the default of Kafka's clients, the group would skip the records that are written before its first
 * commit.
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
