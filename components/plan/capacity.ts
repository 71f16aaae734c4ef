import { compareText } from "../model/problems/problem.ts";
import { brokerCount } from "../model/stack/stack.ts";
import type { PlannedTopic, PlatformPlan } from "./types.ts";
import { type DeclaredTopics, storedBytes, writeRate } from "./volume.ts";

/*
 * What the declared platform asks of its brokers, before anything runs. Kafka spreads replicas evenly over racks and
 * brokers (rack-aware assignment), so a broker's share is the sum divided by their number.
 */

/** What the model computes from: a plan and the declarations behind it. */
export interface CapacityInput extends DeclaredTopics {
  readonly plan: PlatformPlan;
}

/** What a figure was computed from: what is planned, rates that every producer declares, or quotas as ceilings. */
export type FigureBasis = "plan" | "declared" | "ceiling";

/** Something that a broker has a limited amount of. */
export type BrokerResource = "partitions" | "disk" | "network-in" | "network-out" | "quota-in" | "quota-out";

/** One resource on the average broker. */
export interface BrokerFigure {
  readonly resource: BrokerResource;
  /** Replicas, bytes, or bytes per second. */
  readonly value: number;
  /** Absent where the stack states none. */
  readonly limit?: number;
  /** The same after the loss of one zone, with every replica made again on what is left; absent with a single zone. */
  readonly afterZoneLoss?: number;
  readonly basis: FigureBasis;
  /** The part of `value` that declared rates make, where `basis` is `ceiling`: what is known for certain. */
  readonly known?: number;
  /** The part of `afterZoneLoss` that declared rates make, where `basis` is `ceiling`. */
  readonly knownAfterZoneLoss?: number;
}

/** What a team's topics use together, and its budget. */
export interface TeamFigure {
  readonly team: string;
  readonly partitions: number;
  /** Bytes per second written to the team's topics, before replication. */
  readonly rate: number;
  readonly basis: FigureBasis;
  readonly partitionBudget?: number;
  readonly rateBudget?: number;
}

/** The whole capacity of one state. */
export interface Capacity {
  readonly brokers: number;
  readonly zones: number;
  readonly topics: number;
  /** Without replicas. */
  readonly partitions: number;
  readonly replicas: number;
  /** Bytes on all disks together. */
  readonly diskBytes: number;
  /** Topics whose size nothing bounds (compacted, or kept for ever): they are not in `diskBytes`. */
  readonly unboundedTopics: number;
  readonly perBroker: readonly BrokerFigure[];
  readonly perZone: { readonly replicas: number; readonly diskBytes: number };
  /** Declared topics that can't be written while one zone is down, sorted. */
  readonly stoppedByZoneLoss: readonly string[];
  /** Sorted by team. */
  readonly teams: readonly TeamFigure[];
}

/** Capacity before and after a change. */
export interface CapacityComparison {
  readonly before: Capacity;
  readonly after: Capacity;
}

/** Sums that follow from how much is written. */
interface WrittenSums {
  disk: number;
  diskAfterLoss: number;
  in: number;
  out: number;
  inAfterLoss: number;
  outAfterLoss: number;
}

interface Sums extends WrittenSums {
  partitions: number;
  replicas: number;
  replicasAfterLoss: number;
  unbounded: number;
  written: number;
  basis: "declared" | "ceiling";
  /** Of topics whose producers all declare their rate. */
  readonly known: WrittenSums;
}

/** Adds up what a plan needs. Linear in the number of topics. */
export function capacityOf(input: CapacityInput): Capacity {
  const { plan, stack, declared } = input;
  const brokers = brokerCount(stack);
  const zones = stack.kafka.zones.length;
  const left = zones > 1 ? brokers - stack.kafka.brokersPerZone : 0;
  const nothing: WrittenSums = { disk: 0, diskAfterLoss: 0, in: 0, out: 0, inAfterLoss: 0, outAfterLoss: 0 };
  const sums: Sums = {
    ...nothing,
    partitions: 0,
    replicas: 0,
    replicasAfterLoss: 0,
    unbounded: 0,
    written: 0,
    basis: "declared",
    known: { ...nothing },
  };
  const teams = new Map<string, { partitions: number; rate: number; basis: "declared" | "ceiling" }>();
  const stopped: string[] = [];

  for (const topic of plan.topics) {
    const { partitions, replicationFactor: factor } = topic;
    const rate = writeRate(input, topic);
    const readers = declared.get(topic.name)?.consumers.length ?? 0;
    const restored = Math.min(factor, Math.max(left, 1));
    const surviving = survivingReplicas(topic, zones);
    sums.partitions += partitions;
    sums.replicas += partitions * factor;
    sums.replicasAfterLoss += partitions * restored;
    const stored = storedBytes(topic, rate);
    const parts: readonly WrittenSums[] = rate.basis === "declared" ? [sums, sums.known] : [sums];
    if (stored === undefined) sums.unbounded += topic.kind === "event" ? 1 : 0;
    else {
      for (const part of parts) {
        part.disk += stored * factor;
        part.diskAfterLoss += stored * restored;
      }
    }
    if (topic.kind !== "event") continue;
    sums.written += rate.bytesPerSecond;
    if (rate.basis === "ceiling") sums.basis = "ceiling";
    for (const part of parts) {
      part.in += rate.bytesPerSecond * factor;
      part.out += rate.bytesPerSecond * (readers + factor - 1);
      part.inAfterLoss += rate.bytesPerSecond * Math.max(1, surviving);
      part.outAfterLoss += rate.bytesPerSecond * (readers + Math.max(0, surviving - 1));
    }
    if (zones > 1 && surviving < Number(topic.config["min.insync.replicas"] ?? 1)) stopped.push(topic.name);
    const team = teams.get(topic.owner) ?? { partitions: 0, rate: 0, basis: "declared" };
    team.partitions += partitions;
    team.rate += rate.bytesPerSecond;
    if (rate.basis === "ceiling") team.basis = "ceiling";
    teams.set(topic.owner, team);
  }

  for (const team of Object.keys(stack.budgets))
    if (!teams.has(team)) teams.set(team, { partitions: 0, rate: 0, basis: "declared" });
  return {
    brokers,
    zones,
    topics: plan.topics.length,
    partitions: sums.partitions,
    replicas: sums.replicas,
    diskBytes: Math.round(sums.disk),
    unboundedTopics: sums.unbounded,
    perBroker: brokerFigures(input, sums, brokers, left),
    perZone: { replicas: Math.ceil(sums.replicas / zones), diskBytes: Math.round(sums.disk / zones) },
    stoppedByZoneLoss: stopped.sort(compareText),
    teams: [...teams]
      .sort(([a], [b]) => compareText(a, b))
      .map(([team, use]) => {
        const budget = Object.hasOwn(stack.budgets, team) ? stack.budgets[team] : undefined;
        return {
          team,
          partitions: use.partitions,
          rate: Math.round(use.rate),
          basis: use.basis,
          ...(budget?.partitions === undefined ? {} : { partitionBudget: budget.partitions }),
          ...(budget?.rate === undefined ? {} : { rateBudget: budget.rate }),
        };
      }),
  };
}

/** Replicas of a partition that are left when the zone with most of them goes: they are spread over zones evenly. */
function survivingReplicas({ replicationFactor }: PlannedTopic, zones: number): number {
  return replicationFactor - Math.ceil(replicationFactor / zones);
}

/**
 * Quotas count per broker, so their sum is what a broker's network may have to carry: each byte written is also
 * copied to the other replicas. What is expected of the network is spread over fewer brokers when a zone is lost.
 */
function brokerFigures({ plan, stack }: CapacityInput, sums: Sums, brokers: number, left: number): BrokerFigure[] {
  const { capacity } = stack;
  const writing = plan.quotas.reduce((sum, quota) => sum + (quota.producerByteRate ?? 0), 0);
  const reading = plan.quotas.reduce((sum, quota) => sum + (quota.consumerByteRate ?? 0), 0);
  const copies = sums.written === 0 ? stack.topics.replicationFactor : sums.in / sums.written;
  const quotaIn = writing * copies;
  const quotaOut = reading + writing * (copies - 1);
  const figure = (
    resource: BrokerResource,
    value: number,
    afterLoss: number,
    limit: number | undefined,
    basis: FigureBasis,
    rounded: (value: number) => number = Math.round,
  ): BrokerFigure => ({
    resource,
    value: rounded(value),
    ...(limit === undefined ? {} : { limit }),
    ...(left > 0 ? { afterZoneLoss: rounded(afterLoss) } : {}),
    basis,
  });
  /** A figure that depends on what is written. */
  const written = (
    resource: BrokerResource,
    of: (part: WrittenSums) => readonly [value: number, afterLoss: number],
    limit: number | undefined,
  ): BrokerFigure => {
    const whole = figure(resource, ...of(sums), limit, sums.basis);
    if (sums.basis === "declared") return whole;
    const [value, afterLoss] = of(sums.known);
    return { ...whole, known: Math.round(value), ...(left > 0 ? { knownAfterZoneLoss: Math.round(afterLoss) } : {}) };
  };
  return [
    figure(
      "partitions",
      sums.replicas / brokers,
      sums.replicasAfterLoss / left,
      capacity.partitionsPerBroker,
      "plan",
      Math.ceil,
    ),
    written("disk", (part) => [part.disk / brokers, part.diskAfterLoss / left], capacity.diskPerBroker),
    written(
      "network-in",
      (part) => [Math.min(part.in / brokers, quotaIn), Math.min(part.inAfterLoss / left, quotaIn)],
      capacity.networkPerBroker,
    ),
    written(
      "network-out",
      (part) => [Math.min(part.out / brokers, quotaOut), Math.min(part.outAfterLoss / left, quotaOut)],
      capacity.networkPerBroker,
    ),
    figure("quota-in", quotaIn, quotaIn, capacity.networkPerBroker, "plan"),
    figure("quota-out", quotaOut, quotaOut, capacity.networkPerBroker, "plan"),
  ];
}
