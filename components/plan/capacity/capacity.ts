import { compareText } from "../../model/problems/problem.ts";
import { brokerCount, type StackSettings } from "../../model/stack/stack.ts";
import type { PlannedTopic, PlatformPlan } from "../types.ts";
import { type DeclaredTopics, storedBytes, type WriteRate, writeRate } from "./volume.ts";

/*
 * This file computes the load that the declared platform puts on its brokers, before anything runs. Kafka spreads
 * replicas evenly over racks and brokers (rack-aware assignment), so the share of one broker is the sum divided by the
 * number of brokers.
 */

/** Input of {@link capacityOf}: a plan and the declarations behind it. */
export interface CapacityInput extends DeclaredTopics {
  readonly plan: PlatformPlan;
}

/** Basis of a figure: the plan, the rates that every producer declares, or quotas as upper limits. */
export type FigureBasis = "plan" | "declared" | "ceiling";

/** A limited resource of a broker. */
export type BrokerResource = "partitions" | "disk" | "network-in" | "network-out" | "quota-in" | "quota-out";

/** Use of one resource on the average broker. */
export interface BrokerFigure {
  readonly resource: BrokerResource;
  /** Replicas, bytes, or bytes per second. */
  readonly value: number;
  /** Absent if the stack states no limit. */
  readonly limit?: number;
  /**
   * The value after the loss of one zone, when Kafka has recreated every replica on the remaining brokers. Absent with
   * a single zone.
   */
  readonly afterZoneLoss?: number;
  readonly basis: FigureBasis;
  /** The part of `value` that follows from declared rates, and is therefore certain. Present if `basis` is `ceiling`. */
  readonly known?: number;
  /** The part of `afterZoneLoss` that follows from declared rates. Present if `basis` is `ceiling`. */
  readonly knownAfterZoneLoss?: number;
}

/** What all topics of a team use together, and the team's budget. */
export interface TeamFigure {
  readonly team: string;
  readonly partitions: number;
  /** Bytes per second written to the team's topics, before replication. */
  readonly rate: number;
  readonly basis: FigureBasis;
  readonly partitionBudget?: number;
  readonly rateBudget?: number;
}

/** Capacity of the whole platform in one state. */
export interface Capacity {
  readonly brokers: number;
  readonly zones: number;
  readonly topics: number;
  /** Number of partitions, without replicas. */
  readonly partitions: number;
  readonly replicas: number;
  /** Bytes on all disks together. */
  readonly diskBytes: number;
  /** Number of topics without a size limit (compacted, or kept forever). `diskBytes` does not include them. */
  readonly unboundedTopics: number;
  readonly perBroker: readonly BrokerFigure[];
  readonly perZone: { readonly replicas: number; readonly diskBytes: number };
  /** Declared topics that producers cannot write to while one zone is down, sorted. */
  readonly stoppedByZoneLoss: readonly string[];
  /** Sorted by team. */
  readonly teams: readonly TeamFigure[];
}

/** Capacity before and after a change. */
export interface CapacityComparison {
  readonly before: Capacity;
  readonly after: Capacity;
}

/** The brokers that share the load. */
interface Cluster {
  readonly brokers: number;
  readonly zones: number;
  /** Number of brokers after the loss of one zone. 0 with a single zone. */
  readonly brokersLeft: number;
}

/** Amounts over all brokers together. */
interface Load {
  readonly replicas: number;
  /** Bytes. */
  readonly disk: number;
  /** Bytes per second, like the next field. */
  readonly networkIn: number;
  readonly networkOut: number;
}

/** Load of one topic on the brokers. */
interface Demand {
  readonly topic: PlannedTopic;
  readonly rate: WriteRate;
  readonly now: Load;
  readonly afterZoneLoss: Load;
  /** Whether it is a declared topic without a size limit. */
  readonly unbounded: boolean;
  /** Whether producers cannot write to it while one zone is down. */
  readonly stoppedByZoneLoss: boolean;
}

/** Amounts on the average broker. */
interface BrokerAmount {
  readonly value: number;
  /** Absent with a single zone. */
  readonly afterZoneLoss?: number;
}

/** Resources whose use depends on how much producers write. */
type WrittenResource = "disk" | "network-in" | "network-out";

/** Returns the capacity that a plan needs of its brokers. The time is linear in the number of topics. */
export function capacityOf(input: CapacityInput): Capacity {
  const { plan, stack } = input;
  const cluster = clusterOf(stack);
  const demands = plan.topics.map((topic) => demandOf(input, topic, cluster));
  const total = sumOf(demands.map(({ now }) => now));
  return {
    brokers: cluster.brokers,
    zones: cluster.zones,
    topics: plan.topics.length,
    partitions: plan.topics.reduce((sum, { partitions }) => sum + partitions, 0),
    replicas: total.replicas,
    diskBytes: Math.round(total.disk),
    unboundedTopics: demands.filter(({ unbounded }) => unbounded).length,
    perBroker: brokerFigures(input, demands, cluster),
    perZone: { replicas: Math.ceil(total.replicas / cluster.zones), diskBytes: Math.round(total.disk / cluster.zones) },
    stoppedByZoneLoss: demands
      .filter(({ stoppedByZoneLoss }) => stoppedByZoneLoss)
      .map(({ topic }) => topic.name)
      .sort(compareText),
    teams: teamFigures(demands, stack.budgets),
  };
}

function clusterOf(stack: StackSettings): Cluster {
  const brokers = brokerCount(stack);
  const zones = stack.kafka.zones.length;
  return { brokers, zones, brokersLeft: zones > 1 ? brokers - stack.kafka.brokersPerZone : 0 };
}

function demandOf(input: CapacityInput, topic: PlannedTopic, { zones, brokersLeft }: Cluster): Demand {
  const declared = topic.kind === "event";
  const rate = writeRate(input, topic);
  const stored = storedBytes(topic, rate);
  const surviving = survivingReplicas(topic, zones);
  const written = declared ? rate.bytesPerSecond : 0;
  const consumers = input.declared.get(topic.name)?.consumers.length ?? 0;
  /**
   * Returns the load of the topic.
   * @param onDisk - Number of replicas of each partition.
   * @param inSync - Number of those replicas that receive records.
   */
  const load = (onDisk: number, inSync: number): Load => ({
    replicas: topic.partitions * onDisk,
    disk: (stored ?? 0) * onDisk,
    networkIn: written * Math.max(1, inSync),
    // The leader sends each record to every consumer and to the other replicas.
    networkOut: written * (consumers + Math.max(0, inSync - 1)),
  });
  return {
    topic,
    rate,
    now: load(topic.replicationFactor, topic.replicationFactor),
    // Kafka recreates lost replicas on the remaining brokers, so the disks fill up. The network figure is for the time
    // before that.
    afterZoneLoss: load(Math.min(topic.replicationFactor, Math.max(brokersLeft, 1)), surviving),
    unbounded: declared && stored === undefined,
    stoppedByZoneLoss: declared && zones > 1 && surviving < Number(topic.config["min.insync.replicas"] ?? 1),
  };
}

/**
 * Returns how many replicas of a partition remain after the loss of the zone with most of them. Kafka spreads replicas
 * evenly over zones.
 */
function survivingReplicas({ replicationFactor }: PlannedTopic, zones: number): number {
  return replicationFactor - Math.ceil(replicationFactor / zones);
}

function sumOf(loads: readonly Load[]): Load {
  const sum = { replicas: 0, disk: 0, networkIn: 0, networkOut: 0 };
  for (const load of loads) {
    sum.replicas += load.replicas;
    sum.disk += load.disk;
    sum.networkIn += load.networkIn;
    sum.networkOut += load.networkOut;
  }
  return sum;
}

/**
 * Returns the figures of every resource. A resource that only quotas limit gets two figures: the upper limit, and the
 * use by declared rates alone.
 */
function brokerFigures(input: CapacityInput, demands: readonly Demand[], cluster: Cluster): BrokerFigure[] {
  const { partitionsPerBroker, diskPerBroker, networkPerBroker } = input.stack.capacity;
  const quotas = quotaTraffic(input, demands);
  const rated = demands.filter(({ rate }) => rate.basis === "declared");
  const all = loadPerBroker(demands, cluster, quotas);
  const known = rated.length === demands.length ? undefined : loadPerBroker(rated, cluster, quotas);
  const written = (resource: WrittenResource, limit: number | undefined): BrokerFigure =>
    known === undefined
      ? figure(resource, all[resource], limit, "declared")
      : { ...figure(resource, all[resource], limit, "ceiling"), ...knownPart(known[resource]) };
  // Quotas do not shrink with the cluster: each remaining broker grants the full quota.
  const quota = (value: number): BrokerAmount => ({
    value,
    ...(cluster.brokersLeft > 0 ? { afterZoneLoss: value } : {}),
  });
  return [
    figure("partitions", all.partitions, partitionsPerBroker, "plan", Math.ceil),
    written("disk", diskPerBroker),
    written("network-in", networkPerBroker),
    written("network-out", networkPerBroker),
    figure("quota-in", quota(quotas.in), networkPerBroker, "plan"),
    figure("quota-out", quota(quotas.out), networkPerBroker, "plan"),
  ];
}

/**
 * Returns the traffic of one broker in bytes per second if every principal uses its full quota. Quotas apply per
 * broker, so the network of one broker may have to carry their sum. The leader also copies each written byte to the
 * other replicas.
 */
function quotaTraffic(
  { plan, stack }: CapacityInput,
  demands: readonly Demand[],
): { readonly in: number; readonly out: number } {
  const writing = plan.quotas.reduce((sum, quota) => sum + (quota.producerByteRate ?? 0), 0);
  const reading = plan.quotas.reduce((sum, quota) => sum + (quota.consumerByteRate ?? 0), 0);
  const events = demands.filter(({ topic }) => topic.kind === "event");
  const written = events.reduce((sum, { rate }) => sum + rate.bytesPerSecond, 0);
  const copied = sumOf(events.map(({ now }) => now)).networkIn;
  const copies = written === 0 ? stack.topics.replicationFactor : copied / written;
  return { in: writing * copies, out: reading + writing * (copies - 1) };
}

/**
 * Returns the average broker's share of the load. Brokers enforce quotas, so the network never carries more than the
 * quotas grant.
 */
function loadPerBroker(
  demands: readonly Demand[],
  { brokers, brokersLeft }: Cluster,
  quotas: { readonly in: number; readonly out: number },
): Readonly<Record<WrittenResource | "partitions", BrokerAmount>> {
  const now = sumOf(demands.map((demand) => demand.now));
  const later = sumOf(demands.map((demand) => demand.afterZoneLoss));
  const share = (of: (load: Load) => number, most = Number.POSITIVE_INFINITY): BrokerAmount => ({
    value: Math.min(of(now) / brokers, most),
    ...(brokersLeft > 0 ? { afterZoneLoss: Math.min(of(later) / brokersLeft, most) } : {}),
  });
  return {
    partitions: share(({ replicas }) => replicas),
    disk: share(({ disk }) => disk),
    "network-in": share(({ networkIn }) => networkIn, quotas.in),
    "network-out": share(({ networkOut }) => networkOut, quotas.out),
  };
}

function figure(
  resource: BrokerResource,
  { value, afterZoneLoss }: BrokerAmount,
  limit: number | undefined,
  basis: FigureBasis,
  rounded: (value: number) => number = Math.round,
): BrokerFigure {
  return {
    resource,
    value: rounded(value),
    ...(limit === undefined ? {} : { limit }),
    ...(afterZoneLoss === undefined ? {} : { afterZoneLoss: rounded(afterZoneLoss) }),
    basis,
  };
}

function knownPart({ value, afterZoneLoss }: BrokerAmount): Pick<BrokerFigure, "known" | "knownAfterZoneLoss"> {
  return {
    known: Math.round(value),
    ...(afterZoneLoss === undefined ? {} : { knownAfterZoneLoss: Math.round(afterZoneLoss) }),
  };
}

/** Returns a figure for each team that owns a declared topic or has a budget, sorted by team. */
function teamFigures(demands: readonly Demand[], budgets: StackSettings["budgets"]): TeamFigure[] {
  const owned = Map.groupBy(
    demands.filter(({ topic }) => topic.kind === "event"),
    ({ topic }) => topic.owner,
  );
  return [...new Set([...owned.keys(), ...Object.keys(budgets)])].sort(compareText).map((team) => {
    const own = owned.get(team) ?? [];
    const budget = Object.hasOwn(budgets, team) ? budgets[team] : undefined;
    return {
      team,
      partitions: own.reduce((sum, { topic }) => sum + topic.partitions, 0),
      rate: Math.round(own.reduce((sum, { rate }) => sum + rate.bytesPerSecond, 0)),
      basis: own.some(({ rate }) => rate.basis === "ceiling") ? "ceiling" : "declared",
      ...(budget?.partitions === undefined ? {} : { partitionBudget: budget.partitions }),
      ...(budget?.rate === undefined ? {} : { rateBudget: budget.rate }),
    };
  });
}
