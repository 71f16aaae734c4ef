/** The effect of a fault on customers, from the witness and the times of terminal states. Pure. */
import type { OrderEnd } from "../load/definition.ts";
import type { LatencySummary } from "../load/latency.ts";
import { summarize } from "../load/latency.ts";
import type { WitnessedFault, WitnessedOrder } from "../witness.ts";

/** Time until work continued after a fault; `null` if it never did. */
export interface Recovery {
  /** From the fault to the next confirmation of any order. */
  readonly nextConfirmedMs: number | null;
  /** From the fault to the first confirmation of an order that was placed after it. */
  readonly nextNewConfirmedMs: number | null;
  /** Longest time without a confirmation, from the fault to the end of the load. */
  readonly longestGapMs: number | null;
}

/** Latencies of orders that were due before the first fault, while a fault lasted, and after the last was healed. */
export interface Phases {
  readonly before: LatencySummary;
  readonly during: LatencySummary;
  readonly after: LatencySummary;
}

/** @param loadEndedAt - When the last order was due. */
export function recoveryFrom(
  fault: Pick<WitnessedFault, "startedAt">,
  orders: readonly WitnessedOrder[],
  ends: readonly OrderEnd[],
  loadEndedAt: number,
): Recovery {
  const dueOf = new Map(
    orders.flatMap(({ orderId, dueAt }) => (orderId === undefined ? [] : [[orderId, dueAt] as const])),
  );
  const later = ends
    .filter(({ status, at }) => status === "confirmed" && at >= fault.startedAt)
    .toSorted((a, b) => a.at - b.at);
  const [next] = later;
  const newer = later.find(({ orderId }) => (dueOf.get(orderId) ?? Number.NEGATIVE_INFINITY) >= fault.startedAt);
  const within = later.filter(({ at }) => at <= loadEndedAt).map(({ at }) => at);
  const moments = [fault.startedAt, ...within, Math.max(loadEndedAt, fault.startedAt)];
  const gaps = moments.slice(1).map((moment, place) => moment - (moments[place] ?? moment));
  const sinceFault = (end: OrderEnd | undefined): number | null =>
    end === undefined ? null : Math.round(end.at - fault.startedAt);
  return {
    nextConfirmedMs: sinceFault(next),
    nextNewConfirmedMs: sinceFault(newer),
    longestGapMs: later.length === 0 ? null : Math.round(Math.max(...gaps)),
  };
}

/** From due to accepted, and from due to confirmed. */
export function latencies(
  faults: readonly Pick<WitnessedFault, "startedAt" | "healedAt">[],
  orders: readonly WitnessedOrder[],
  ends: readonly OrderEnd[],
): { readonly accepted: Phases; readonly confirmed: Phases } {
  const from = Math.min(...faults.map(({ startedAt }) => startedAt));
  const to = Math.max(...faults.map(({ healedAt }) => healedAt));
  const phases: Readonly<Record<keyof Phases, (dueAt: number) => boolean>> = {
    before: (dueAt) => dueAt < from,
    during: (dueAt) => dueAt >= from && dueAt <= to,
    after: (dueAt) => dueAt > to,
  };
  const confirmedAt = new Map(
    ends.filter(({ status }) => status === "confirmed").map(({ orderId, at }) => [orderId, at]),
  );
  const accepted = orders.filter(({ outcome }) => outcome === "accepted");
  const split = (durationOf: (order: WitnessedOrder) => number | undefined): Phases => {
    const of = (phase: keyof Phases): LatencySummary =>
      summarize(accepted.filter(({ dueAt }) => phases[phase](dueAt)).flatMap((order) => durationOf(order) ?? []));
    return { before: of("before"), during: of("during"), after: of("after") };
  };
  return {
    accepted: split(({ answeredAt, dueAt }) => answeredAt - dueAt),
    confirmed: split(({ orderId, dueAt }) => {
      const at = confirmedAt.get(orderId ?? "");
      return at === undefined ? undefined : at - dueAt;
    }),
  };
}
