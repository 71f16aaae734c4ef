import { compareText } from "../../model/problems/problem.ts";
import type { SourceLocation } from "../../model/problems/source-location.ts";
import { isSmall } from "../../model/stack/stack.ts";
import type { BrokerFigure, BrokerResource, CapacityComparison, TeamFigure } from "../capacity/capacity.ts";
import { platformTeam, type StatePair } from "./state.ts";
import type { Change, Hazard } from "./types.ts";
import { approximateBytes, listed, percent, rateText } from "./words.ts";

/** Name of each resource, and how its amounts are written. */
export const resourceTexts: Readonly<
  Record<BrokerResource, { readonly name: string; readonly text: (value: number) => string; readonly setting: string }>
> = {
  partitions: { name: "partition replicas per broker", text: (value) => String(value), setting: "partitionsPerBroker" },
  disk: { name: "disk per broker", text: approximateBytes, setting: "diskPerBroker" },
  "network-in": { name: "network in per broker, expected", text: networkText, setting: "networkPerBroker" },
  "network-out": { name: "network out per broker, expected", text: networkText, setting: "networkPerBroker" },
  "quota-in": { name: "network in per broker, all quotas used", text: networkText, setting: "networkPerBroker" },
  "quota-out": { name: "network out per broker, all quotas used", text: networkText, setting: "networkPerBroker" },
};

function networkText(bytesPerSecond: number): string {
  return `${approximateBytes(bytesPerSecond)}/s`;
}

/**
 * Returns the limits and budgets that a change approaches or exceeds. A limit that was already exceeded, and got no
 * worse, is not reported.
 */
export function judgeCapacity(pair: StatePair, { before, after }: CapacityComparison): Change[] {
  const { warnAt } = pair.after.stack.capacity;
  const was = new Map(before.perBroker.map((figure) => [figure.resource, figure]));
  // No earlier figure includes a topic without a size limit, so adding a limit is not growth.
  const bounded = after.unboundedTopics < before.unboundedTopics;
  const changes = after.perBroker.flatMap((figure) =>
    figure.resource === "disk" && bounded ? [] : judgeFigure(pair, figure, was.get(figure.resource), warnAt),
  );
  const stopped = after.stoppedByZoneLoss.filter((topic) => !before.stoppedByZoneLoss.includes(topic));
  if (stopped.length > 0 && !isSmall(pair.after.stack)) {
    changes.push({
      kind: "capacity-exceeded",
      object: `${pair.after.stackName}/zone-loss`,
      hazard: "approval",
      effects: [`${listed(stopped)} can't be written while one of ${after.zones} zones is down`],
      reviewers: [platformTeam],
      advice: ["let replicas minus those in one zone be at least min ISR: 3 replicas over 3 zones with min ISR 2"],
    });
  }
  const teams = new Map(before.teams.map((team) => [team.team, team]));
  changes.push(...after.teams.flatMap((team) => judgeBudget(pair.after.stackName, team, teams.get(team.team))));
  return changes;
}

function judgeFigure(pair: StatePair, figure: BrokerFigure, old: BrokerFigure | undefined, warnAt: number): Change[] {
  const { resource, limit } = figure;
  if (limit === undefined) return [];
  const known = { value: figure.known ?? figure.value, afterLoss: figure.knownAfterZoneLoss ?? figure.afterZoneLoss };
  const before = old?.known ?? old?.value ?? 0;
  if (reaches(known.value, known.afterLoss, limit, warnAt)) {
    if (old?.limit !== undefined && known.value / limit <= before / old.limit) return [];
    return [exceeded(pair, resource, known, before, limit)];
  }
  if (figure.known === undefined || !reaches(figure.value, figure.afterZoneLoss, limit, warnAt)) return [];
  return old?.limit !== undefined && figure.value / limit <= old.value / old.limit
    ? []
    : [unknown(pair, figure, limit)];
}

function reaches(value: number, afterLoss: number | undefined, limit: number, warnAt: number): boolean {
  return value >= limit * warnAt || (afterLoss !== undefined && afterLoss > limit);
}

/** Returns the change for a limit that planned or declared amounts reach. */
function exceeded(
  pair: StatePair,
  resource: BrokerResource,
  { value, afterLoss }: { readonly value: number; readonly afterLoss: number | undefined },
  before: number,
  limit: number,
): Change {
  const { name, text, setting } = resourceTexts[resource];
  const over = value > limit;
  // Quotas are upper limits: they state what is possible, not what will happen. The platform's team may accept them.
  const hazard: Hazard = over && !resource.startsWith("quota") ? "refused" : "approval";
  const effects = [`${name}: ${text(value)} of ${text(limit)} (${percent(value / limit)}; was ${text(before)})`];
  if (afterLoss !== undefined && afterLoss !== value)
    effects.push(`${text(afterLoss)} with one zone lost${afterLoss > limit ? ": more than there is" : ""}`);
  return {
    kind: "capacity-exceeded",
    object: `${pair.after.stackName}/${resource}`,
    field: `capacity.${setting}`,
    before: text(before),
    after: text(value),
    hazard,
    effects,
    reviewers: [platformTeam],
    advice: [
      over
        ? "ask for less, or add brokers first"
        : "plan for more brokers, or correct capacity in the stack's file if the brokers can take more",
    ],
  };
}

/**
 * Returns the change for a limit that only quotas exceed. The real rate is unknown, so the change asks the producers
 * for it and needs no approval.
 */
function unknown(pair: StatePair, { resource, value, known = 0 }: BrokerFigure, limit: number): Change {
  const { name, text, setting } = resourceTexts[resource];
  const silent = withoutRate(pair);
  const [first] = silent;
  return {
    kind: "capacity-unknown",
    object: `${pair.after.stackName}/${resource}`,
    field: `capacity.${setting}`,
    hazard: "safe",
    effects: [
      `${name}: unknown, at most ${text(value)} of ${text(limit)} if all quotas are used; ${text(known)} by declared rates`,
    ],
    reviewers: [],
    advice: [
      `declare what is really written, for example rate: 50kB/s, on ${listed(
        silent.map(({ service, topic }) => `${topic}/${service}`),
        5,
      )}`,
    ],
    ...(first === undefined ? {} : { source: first.source }),
  };
}

/**
 * Returns the producers without a declared rate, whose quota counts instead: those that this change adds, otherwise
 * all. Sorted by topic, then service.
 */
function withoutRate(
  pair: StatePair,
): { readonly topic: string; readonly service: string; readonly source: SourceLocation }[] {
  const silent = [...pair.after.declared.values()].flatMap((topic) =>
    topic.producers
      .filter(({ rate }) => rate === undefined)
      .map(({ service, source }) => ({ topic: topic.name, service, source })),
  );
  const known = (topic: string, service: string): boolean =>
    pair.before.declared
      .get(topic)
      ?.producers.some((producer) => producer.service === service && producer.rate === undefined) === true;
  const fresh = silent.filter(({ topic, service }) => !known(topic, service));
  return (fresh.length > 0 ? fresh : silent).sort(
    (a, b) => compareText(a.topic, b.topic) || compareText(a.service, b.service),
  );
}

function judgeBudget(stack: string, team: TeamFigure, old: TeamFigure | undefined): Change[] {
  const parts = [
    {
      field: "partitions",
      value: team.partitions,
      was: old?.partitions ?? 0,
      limit: team.partitionBudget,
      text: String,
    },
    { field: "rate", value: team.rate, was: old?.rate ?? 0, limit: team.rateBudget, text: rateText },
  ];
  return parts.flatMap(({ field, value, was, limit, text }): Change[] => {
    if (
      limit === undefined ||
      value <= limit ||
      (value <= was && limit >= ((field === "rate" ? old?.rateBudget : old?.partitionBudget) ?? 0))
    )
      return [];
    return [
      {
        kind: "budget-exceeded",
        object: `${stack}/${team.team}`,
        field: `budgets.${team.team}.${field}`,
        before: text(was),
        after: text(value),
        hazard: "refused",
        effects: [
          `${team.team} may have ${text(limit)} and asks for ${text(value)}${field === "rate" && team.basis === "ceiling" ? ", counting quotas as rates" : ""}`,
        ],
        reviewers: [team.team, platformTeam].sort(),
        advice: [
          `ask for less, or have the platform's team raise budgets.${team.team}.${field} in stacks/Pulumi.${stack}.yaml`,
        ],
      },
    ];
  });
}
