/** 1. Every accepted order exists, and the same idempotency key gives the same order. */
import type { Judgement } from "../../../../cli/project/verification.ts";
import type { SampleContext } from "../evidence.ts";

export function acceptedOrders(context: SampleContext): Judgement {
  const violations = context.newViolations();
  const { rows = [], keys = [] } = context.evidence.tables.orders ?? {};
  const customers = new Map(rows.map((order) => [order.orderId, order.customerId]));
  const byKey = new Map<string, string>();
  const keyed = new Set<string>();
  for (const { customerId, key, orderId } of keys) {
    const name = keyName(customerId, key);
    const known = byKey.get(name);
    if (known !== undefined && known !== orderId)
      violations.add(orderId, `its idempotency key ${key} of ${customerId} also belongs to ${known}`);
    byKey.set(name, orderId);
    if (keyed.has(orderId)) violations.add(orderId, "is stored under two idempotency keys");
    keyed.add(orderId);
    const owner = customers.get(orderId);
    if (owner === undefined) violations.add(orderId, `was answered under the idempotency key ${key} and is not stored`);
    else if (owner !== customerId) violations.add(orderId, `belongs to ${owner}, its idempotency key to ${customerId}`);
  }
  for (const { orderId } of rows)
    if (!keyed.has(orderId)) violations.add(orderId, "is stored without an idempotency key");

  const { witness } = context;
  const figures = { orders: rows.length, idempotencyKeys: keys.length };
  if (witness === undefined) return { figures, violations };

  const told = new Map<string, string>();
  const mayExist = new Set(
    witness.orders
      .filter((order) => order.outcome !== "refused")
      .map((order) => keyName(order.customerId, order.idempotencyKey)),
  );
  const counts = { accepted: 0, refused: 0, unknown: 0, unknownThatExist: 0 };
  for (const { outcome, orderId, customerId, idempotencyKey, status } of witness.orders) {
    counts[outcome] += 1;
    const name = keyName(customerId, idempotencyKey);
    const stored = byKey.get(name);
    if (outcome === "accepted") {
      if (orderId === undefined) {
        violations.add(idempotencyKey, "was accepted without an order id");
        continue;
      }
      const before = told.get(name);
      if (before !== undefined && before !== orderId)
        violations.add(orderId, `the idempotency key ${idempotencyKey} was answered with ${before} before`);
      told.set(name, orderId);
      if (!customers.has(orderId)) violations.add(orderId, "was accepted and does not exist");
      else if (stored !== orderId)
        violations.add(
          orderId,
          `was accepted under the idempotency key ${idempotencyKey}, which is stored for ${stored ?? "no order"}`,
        );
    } else if (outcome === "refused") {
      // Another request may have been accepted with the same key, for example if both arrived at once.
      if (stored !== undefined && !mayExist.has(name))
        violations.add(
          stored,
          `exists though its request (idempotency key ${idempotencyKey}) was refused with ${status ?? "no status"}`,
        );
    } else if (stored !== undefined) counts.unknownThatExist += 1;
  }
  return { figures: { ...figures, witnessed: witness.orders.length, ...counts }, violations };
}

function keyName(customerId: string, key: string): string {
  return `${customerId}\n${key}`;
}
