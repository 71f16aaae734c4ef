/** Judges whether a sale was correct and fast enough. Pure. */
import type { StockLevel } from "../../load/stock.ts";

/** Figures of a sale. */
export interface SaleFigures {
  readonly orders: number;
  /** Units in stock at the start; every order requests one. */
  readonly units: number;
  readonly accepted: number;
  readonly confirmed: number;
  /** Cancelled orders by reason. */
  readonly cancelled: Readonly<Record<string, number>>;
  /** Accepted orders that are not in a terminal state, or still need compensation. */
  readonly unfinished: number;
  /** Stock of the product before the first order and after the last. */
  readonly before: StockLevel;
  readonly after: StockLevel;
  /** Lowest number of available units at any check. */
  readonly leastAvailable: number;
  /** Payments captured and not refunded, by status of the order. */
  readonly keptPayments: { readonly confirmed: number; readonly cancelled: number };
  /** From the first due order to the terminal state of the last, in milliseconds. */
  readonly elapsedMs: number;
}

/** One verdict about the sale. */
export interface SaleVerdict {
  readonly what: string;
  readonly aim: string;
  readonly measured: string;
  readonly reached: boolean;
  /** False: the verdict is about speed and does not affect the exit code. */
  readonly exact: boolean;
}

/** The only allowed reason for a cancelled order in this benchmark. */
export const SOLD_OUT = "insufficient_stock";

/** Compares the figures with the requirements of a sale. */
export function judgeSale(sale: SaleFigures, withinMs: number): readonly SaleVerdict[] {
  const wanted = Math.min(sale.units, sale.orders);
  const sold = sale.after.sold - sale.before.sold;
  const otherReasons = Object.entries(sale.cancelled).filter(([reason]) => reason !== SOLD_OUT);
  const exactly = (what: string, aim: number, measured: number): SaleVerdict => ({
    what,
    aim: String(aim),
    measured: String(measured),
    reached: aim === measured,
    exact: true,
  });
  return [
    exactly("orders accepted", sale.orders, sale.accepted),
    exactly("units sold", wanted, sold),
    exactly("orders confirmed", wanted, sale.confirmed),
    exactly(`orders cancelled with ${SOLD_OUT}`, sale.orders - wanted, sale.cancelled[SOLD_OUT] ?? 0),
    {
      what: "cancelled for another reason",
      aim: "none",
      measured: otherReasons.map(([reason, count]) => `${reason} ${count}`).join(", ") || "none",
      reached: otherReasons.length === 0,
      exact: true,
    },
    exactly("units left", sale.units - wanted, sale.after.available),
    exactly("units still set aside", sale.before.reserved, sale.after.reserved),
    {
      what: "fewest units available",
      aim: "≥ 0",
      measured: String(sale.leastAvailable),
      reached: sale.leastAvailable >= 0,
      exact: true,
    },
    exactly("payments kept for confirmed orders", wanted, sale.keptPayments.confirmed),
    exactly("payments kept for cancelled orders", 0, sale.keptPayments.cancelled),
    exactly("orders without an end", 0, sale.unfinished),
    {
      what: "time to the last order's end",
      aim: `≤ ${withinMs / 1000} s`,
      measured: `${(sale.elapsedMs / 1000).toFixed(1)} s`,
      reached: sale.elapsedMs <= withinMs,
      exact: false,
    },
  ];
}
