/**
 * The expected business figures, computed from the topics to be compared with those of analytics-service. This code
 * deliberately shares nothing with that service. Pure.
 */
import type { FigureRow, StoredStep } from "./follower-evidence.ts";

/** The known steps of one order, by event type. */
export type OrderSteps = ReadonlyMap<string, StoredStep>;

const MINUTE_MS = 60_000;
/** Upper bounds of the latency's buckets in milliseconds, as the API of the figures documents them. */
export const LATENCY_BOUNDS_MS = [
  10, 20, 30, 40, 50, 60, 80, 100, 120, 150, 200, 250, 300, 400, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000,
  30_000, 60_000, 300_000,
] as const;

/** Returns the name of a figure: measure, minute, label and currency. */
export function figureName({
  measure,
  minute,
  label,
  currency,
}: Pick<FigureRow, "measure" | "minute" | "label" | "currency">): string {
  return JSON.stringify([measure, minute, label, currency]);
}

/** Sums of figures by name. */
export class FigureSums {
  readonly rows = new Map<
    string,
    {
      count: number;
      units: number;
      amount: number;
      readonly figure: Pick<FigureRow, "measure" | "minute" | "label" | "currency">;
    }
  >();

  add(measure: string, at: number, values: Partial<Omit<FigureRow, "measure" | "minute">> = {}): void {
    const { label = "", currency = "", count = 1, units = 0, amount = 0 } = values;
    const figure = { measure, minute: Math.floor(at / MINUTE_MS) * MINUTE_MS, label, currency };
    const name = figureName(figure);
    const row = this.rows.get(name);
    if (row === undefined) this.rows.set(name, { count, units, amount, figure });
    else {
      row.count += count;
      row.units += units;
      row.amount += amount;
    }
  }

  /** Adds the contribution of one order. */
  addOrder(steps: OrderSteps): void {
    for (const [type, { at }] of steps) this.add("step", at, { label: type });
    const [created, confirmed, cancelled, refunded] = [
      "order.created",
      "order.confirmed",
      "order.cancelled",
      "payment.refunded",
    ].map((type) => steps.get(type));
    for (const [measure, step] of [
      ["ordered", created],
      ["sold", confirmed],
      ["refunded", refunded],
    ] as const) {
      if (step !== undefined)
        this.add(measure, step.at, {
          currency: step.currency ?? "",
          units: step.pieces ?? 0,
          amount: step.amount ?? 0,
        });
    }
    if (cancelled !== undefined) this.add("cancelled", cancelled.at, { label: cancelled.reason ?? "" });
    if (created === undefined) return;
    const first = confirmed ?? cancelled;
    if (first === undefined) return;
    // An order that no carrier accepts is first confirmed and then cancelled: it counts as cancelled, but its latency
    // ends with the confirmation.
    this.add("outcome", created.at, { label: cancelled === undefined ? "confirmed" : "cancelled" });
    const took = Math.max(0, first.at - created.at);
    this.add("latency", first.at, {
      label: `${confirmed === undefined ? "cancelled" : "confirmed"} ${LATENCY_BOUNDS_MS.find((bound) => took <= bound) ?? "beyond"}`,
      units: took,
    });
    if (confirmed === undefined || cancelled !== undefined) return;
    for (const { productId, pieces, amount } of created.products ?? [])
      this.add("product", confirmed.at, { label: productId, currency: created.currency ?? "", units: pieces, amount });
  }
}
