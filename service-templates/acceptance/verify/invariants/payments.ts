/**
 * 3. There is at most one capture per order. For a confirmed order: captured − refunded = total; for a cancelled one:
 *   net 0. Checked with the payments and the provider's ledger.
 */
import type { Judgement } from "../../../../cli/project/verification.ts";
import type { LedgerRow, SampleContext } from "../evidence.ts";

interface Account {
  captures: number;
  refunds: number;
  net: number;
  currency: string;
}

export function payments(context: SampleContext): Judgement {
  const violations = context.newViolations();
  const { evidence } = context;
  const ledger = evidence.tables.payments?.ledger ?? [];
  const accounts = accountsOf(ledger);
  const figures = { orders: 0, captures: 0, refunds: 0, declines: 0, voids: 0, captured: 0, refunded: 0 };
  for (const row of ledger) {
    if (row.kind === "capture") {
      figures.captures += 1;
      figures.captured += row.amount;
    } else if (row.kind === "refund") {
      figures.refunds += 1;
      figures.refunded += row.amount;
    } else if (row.kind === "decline") figures.declines += 1;
    else figures.voids += 1;
  }
  if (evidence.tables.payments === undefined || evidence.tables.orders === undefined)
    return {
      figures,
      violations,
      notes: ["order-service or payment-service has no database here: nothing to compare"],
    };

  const known = new Set<string>();
  for (const { orderId, status, total, currency } of evidence.tables.orders.rows) {
    known.add(orderId);
    figures.orders += 1;
    const account = accounts.get(orderId);
    const net = account?.net ?? 0;
    if (status === "confirmed" && net !== total)
      violations.add(
        orderId,
        `confirmed: captured − refunded is ${money(net, currency)}, its total ${money(total, currency)}`,
      );
    if (status === "confirmed" && account !== undefined && account.currency !== currency)
      violations.add(orderId, `confirmed in ${currency}, paid in ${account.currency}`);
    if (status === "cancelled" && net !== 0)
      violations.add(orderId, `cancelled: ${money(net, currency)} of the customer's money was kept`);
  }
  for (const [orderId, account] of accounts) {
    if (account.captures > 1) violations.add(orderId, `was captured ${account.captures} times`);
    if (account.refunds > account.captures)
      violations.add(orderId, `was refunded ${account.refunds} times for ${account.captures} captures`);
    if (!known.has(orderId)) violations.add(orderId, "has movements at the provider and is not stored as an order");
  }
  for (const { orderId, status } of evidence.tables.payments.rows) {
    const account = accounts.get(orderId) ?? { captures: 0, net: 0 };
    if (status === "processed" && (account.captures !== 1 || account.net <= 0))
      violations.add(
        orderId,
        `is stored as paid; the provider's books say ${account.captures} captures, net ${account.net}`,
      );
    if (status !== "processed" && account.net !== 0)
      violations.add(orderId, `is stored as ${status}; the provider's books still hold ${account.net}`);
  }
  return { figures, violations };
}

function accountsOf(ledger: readonly LedgerRow[]): ReadonlyMap<string, Account> {
  const accounts = new Map<string, Account>();
  for (const { orderId, kind, amount, currency } of ledger) {
    const account = accounts.get(orderId) ?? { captures: 0, refunds: 0, net: 0, currency };
    if (kind === "capture") {
      account.captures += 1;
      account.net += amount;
    } else if (kind === "refund") {
      account.refunds += 1;
      account.net -= amount;
    }
    accounts.set(orderId, account);
  }
  return accounts;
}

function money(minor: number, currency: string): string {
  return `${(minor / 100).toFixed(2)} ${currency}`;
}
