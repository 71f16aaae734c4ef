/**
 * 2. Every order reaches a terminal state within T after its acceptance or the end of the last fault. No order still
 *   compensates at rest.
 */
import type { Judgement } from "../../../../cli/project/verification.ts";
import type { SampleContext } from "../evidence.ts";

export function terminalOrders(context: SampleContext): Judgement {
  const violations = context.newViolations();
  const { evidence, witness, terminalMs } = context;
  const faults = witness?.faults ?? [];
  const seen = new Set((witness?.orders ?? []).flatMap((order) => order.orderId ?? []));
  const figures = {
    confirmed: 0,
    cancelled: 0,
    pending: 0,
    pendingTooLong: 0,
    compensating: 0,
    endedLate: 0,
    slowestMs: 0,
    limitMs: terminalMs,
  };
  for (const order of evidence.tables.orders?.rows ?? []) {
    figures[order.status] += 1;
    if (order.status === "pending") {
      const age = evidence.takenAt - clockStart(order.createdAt, evidence.takenAt);
      if (age > terminalMs) {
        figures.pendingTooLong += 1;
        violations.add(
          order.orderId,
          `pending for ${seconds(age)} (payment ${order.payment}, inventory ${order.inventory})`,
        );
      }
      continue;
    }
    if (order.status === "cancelled" && (order.payment === "processed" || order.inventory === "reserved")) {
      figures.compensating += 1;
      violations.add(order.orderId, `cancelled and not undone: payment ${order.payment}, inventory ${order.inventory}`);
    }
    // Past times are judged only for orders that a witness saw: without one, it is unknown when faults ended or the
    // platform was down.
    if (order.endedAt === undefined || !seen.has(order.orderId)) continue;
    const took = order.endedAt - clockStart(order.createdAt, order.endedAt);
    figures.slowestMs = Math.max(figures.slowestMs, Math.round(took));
    if (took > terminalMs) {
      figures.endedLate += 1;
      violations.add(
        order.orderId,
        `${order.status} ${seconds(took)} after ${order.createdAt === clockStart(order.createdAt, order.endedAt) ? "its acceptance" : "the last fault healed"}`,
      );
    }
  }
  return { figures, violations };

  /** Returns when the time of an order starts: its acceptance, or the end of the last fault during its life. */
  function clockStart(createdAt: number, until: number): number {
    return faults.reduce(
      (start, fault) => (fault.startedAt <= until && fault.healedAt > start ? fault.healedAt : start),
      createdAt,
    );
  }
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
