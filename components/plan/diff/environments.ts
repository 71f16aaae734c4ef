import type { Model } from "../../model/types.ts";
import { type Capacity, capacityOf } from "../capacity/capacity.ts";
import type { PlannedTopic } from "../types.ts";
import { resourceTexts } from "./capacity-hazards.ts";
import { type Lead, leadsBetween } from "./promotion.ts";
import { compareSettings } from "./settings/index.ts";
import { numberOf } from "./settings/rule.ts";
import { differingSettings } from "./stack-settings.ts";
import type { PlatformState } from "./state.ts";

/** One line of a comparison of two environments. A side that lacks the object has no value. */
export interface EnvironmentRow {
  readonly what: string;
  readonly first?: string;
  readonly second?: string;
}

/** The differences between two environments of the same topics, and their consequences. */
export interface EnvironmentComparison {
  readonly stacks: readonly [string, string];
  /** Settings that differ, sorted by path. */
  readonly settings: readonly EnvironmentRow[];
  /** Consequences of the settings. Equal rows are included, because they give the context of the others. */
  readonly consequences: readonly EnvironmentRow[];
  /** Fields of topics that differ, sorted by topic. */
  readonly topics: readonly {
    readonly topic: string;
    readonly field: string;
    readonly first: string;
    readonly second: string;
  }[];
  /** Differences in the topics' own files, by the environment that is ahead; empty if neither is. */
  readonly ahead: readonly Lead[];
}

/**
 * Compares two environments. Pure.
 * @param whole - The model of all environments together.
 * @param today - `YYYY-MM-DD`, for the judgement of a promotion.
 */
export function compareEnvironments(
  first: PlatformState,
  second: PlatformState,
  whole: Model,
  today: string,
): EnvironmentComparison {
  const capacities = [capacityOf(first), capacityOf(second)] as const;
  const rows = figures.map(({ what, of }) => ({
    what,
    first: of(first, capacities[0]),
    second: of(second, capacities[1]),
  }));
  const topics = first.plan.topics.flatMap((topic) => {
    const other = second.planned.get(topic.name);
    if (other === undefined) return [];
    return compareSettings({ before: first, after: second }, topic, other).map(({ change }) => ({
      topic: topic.name,
      field: change.field ?? "",
      first: String(change.before ?? "–"),
      second: String(change.after ?? "–"),
    }));
  });
  return {
    stacks: [first.stackName, second.stackName],
    settings: differingSettings(first.stack, second.stack).map(({ path, before, after }) => ({
      what: path,
      ...(before === undefined ? {} : { first: before }),
      ...(after === undefined ? {} : { second: after }),
    })),
    consequences: rows,
    topics,
    ahead: leadsBetween(first, second, whole, today),
  };
}

const figures: readonly { readonly what: string; readonly of: (state: PlatformState, capacity: Capacity) => string }[] =
  [
    { what: "brokers in zones", of: (_, { brokers, zones }) => `${brokers} in ${zones}` },
    {
      what: "topics, partitions, replicas",
      of: (_, { topics, partitions, replicas }) => `${topics}, ${partitions}, ${replicas}`,
    },
    {
      what: "broker losses with which every topic can be written",
      of: (state) => String(least(state, ({ replicationFactor }, minInsync) => replicationFactor - minInsync)),
    },
    {
      what: "broker losses that every acknowledged record survives",
      of: (state) =>
        String(least(state, ({ replicationFactor }, minInsync) => Math.min(replicationFactor, minInsync) - 1)),
    },
    {
      what: "topics that can't be written with one zone lost",
      of: (_, { zones, stoppedByZoneLoss }) => (zones === 1 ? "all" : String(stoppedByZoneLoss.length)),
    },
    {
      what: "consumers at full size",
      of: ({ plan }) =>
        String(
          plan.contracts.reduce((sum, contract) => sum + (contract.group === undefined ? 0 : contract.instances), 0),
        ),
    },
    ...(["partitions", "disk", "network-in", "network-out", "quota-in", "quota-out"] as const).map((resource) => ({
      what: resourceTexts[resource].name,
      of: (_: PlatformState, { perBroker }: Capacity): string => {
        const figure = perBroker.find((each) => each.resource === resource);
        if (figure === undefined) return "–";
        const { text } = resourceTexts[resource];
        return `${text(figure.value)}${figure.basis === "ceiling" ? " at most" : ""}${figure.limit === undefined ? "" : ` of ${text(figure.limit)}`}`;
      },
    })),
  ];

/** Returns the smallest value over all declared topics; 0 if there are none. */
function least(state: PlatformState, of: (topic: PlannedTopic, minInsync: number) => number): number {
  const values = state.plan.topics
    .filter(({ kind }) => kind === "event")
    .map((topic) => of(topic, numberOf(topic, "min.insync.replicas", 1)));
  return values.length === 0
    ? 0
    : Math.max(
        0,
        values.reduce((a, b) => Math.min(a, b)),
      );
}
