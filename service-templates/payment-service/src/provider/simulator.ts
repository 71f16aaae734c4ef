/**
 * A simulated provider with books of its own (provider_ledger) and a behaviour that can be switched
 * while it runs. It writes over its own connection, as an outside system would: what it did stays
 * done when the service's transaction rolls back.
 */
import { pause } from "../../../lib/clock.ts";
import type { Database, Transaction } from "../../../lib/database.ts";
import type { CaptureOutcome, Charge, PaymentProvider } from "./provider.ts";
import { ProviderUnavailable } from "./provider.ts";

export const BEHAVIOURS = ["approve", "decline", "decline_above", "timeout", "error"] as const;

export interface Behaviour {
  /** approve: captures. decline: refuses. decline_above: refuses above the threshold. timeout: captures, but its answer never comes. error: fails before it does anything. */
  readonly behaviour: (typeof BEHAVIOURS)[number];
  /** In units of the currency, for decline_above. */
  readonly threshold?: number;
  /** Time each answer takes, in milliseconds. */
  readonly latencyMs: number;
}

export interface Simulator extends PaymentProvider {
  behaviour(): Promise<Behaviour>;
  change(behaviour: Behaviour): Promise<void>;
}

export interface SimulatorOptions {
  readonly database: Database;
  /** How long the caller waits for an answer, in milliseconds. */
  readonly answerLimitMs: number;
}

export function providerSimulator({ database, answerLimitMs }: SimulatorOptions): Simulator {
  async function behaviour(): Promise<Behaviour> {
    const [row] = await database.query<{ behaviour: Behaviour["behaviour"]; threshold: string | null; latency_ms: number }>({
      name: "provider-behaviour",
      text: "SELECT behaviour, threshold, latency_ms FROM provider_behaviour",
    });
    if (row === undefined) return { behaviour: "approve", latencyMs: 0 };
    return { behaviour: row.behaviour, latencyMs: row.latency_ms, ...(row.threshold === null ? {} : { threshold: Number(row.threshold) / 100 }) };
  }

  /** Enters a movement; gives back what the books hold for the transaction, so that repetitions and races see one truth. */
  async function enter(tx: Transaction, charge: Charge, kind: "capture" | "decline"): Promise<CaptureOutcome> {
    // One decision at a time per transaction: a capture and a void of it must not pass each other.
    await tx.query({ name: "provider-lock", text: "SELECT pg_advisory_xact_lock(hashtextextended($1, 1))", values: [charge.transactionId] });
    const known = await tx.query<{ kind: string }>({
      name: "provider-find", text: "SELECT kind FROM provider_ledger WHERE transaction_id = $1", values: [charge.transactionId],
    });
    const kinds = new Set(known.map((row) => row.kind));
    if (kinds.has("void")) return { outcome: "declined", code: "voided" };
    if (kinds.has("capture")) return { outcome: "captured" };
    if (kinds.has("decline")) return { outcome: "declined", code: "insufficient_funds" };
    await insert(tx, charge, kind);
    return kind === "capture" ? { outcome: "captured" } : { outcome: "declined", code: "insufficient_funds" };
  }

  async function insert(tx: Transaction, charge: Charge, kind: string): Promise<void> {
    await tx.query({
      name: "provider-insert",
      text: "INSERT INTO provider_ledger (transaction_id, kind, order_id, amount, currency) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
      values: [charge.transactionId, kind, charge.orderId, charge.amount, charge.currency],
    });
  }

  return {
    behaviour,
    async change(next) {
      await database.query({
        text: `INSERT INTO provider_behaviour (only_row, behaviour, threshold, latency_ms) VALUES (true, $1, $2, $3)
               ON CONFLICT (only_row) DO UPDATE SET behaviour = EXCLUDED.behaviour, threshold = EXCLUDED.threshold, latency_ms = EXCLUDED.latency_ms`,
        values: [next.behaviour, next.threshold === undefined ? null : Math.round(next.threshold * 100), next.latencyMs],
      });
    },
    async capture(charge) {
      const now = await behaviour();
      if (now.latencyMs > 0) await pause(Math.min(now.latencyMs, answerLimitMs));
      if (now.latencyMs >= answerLimitMs) throw new ProviderUnavailable(`no answer within ${answerLimitMs} ms`);
      if (now.behaviour === "error") throw new ProviderUnavailable("the provider answered with status 500");
      const declines = now.behaviour === "decline" || (now.behaviour === "decline_above" && charge.amount > Math.round((now.threshold ?? 0) * 100));
      const outcome = await database.transaction((tx) => enter(tx, charge, declines ? "decline" : "capture"));
      if (now.behaviour === "timeout") {
        await pause(answerLimitMs);
        throw new ProviderUnavailable(`no answer within ${answerLimitMs} ms`);
      }
      return outcome;
    },
    async refund(transactionId) {
      await database.query({
        name: "provider-refund",
        text: `INSERT INTO provider_ledger (transaction_id, kind, order_id, amount, currency)
               SELECT transaction_id, 'refund', order_id, amount, currency FROM provider_ledger WHERE transaction_id = $1 AND kind = 'capture'
               ON CONFLICT DO NOTHING`,
        values: [transactionId],
      });
    },
    async void(charge) {
      await database.transaction(async (tx) => {
        await tx.query({ name: "provider-lock", text: "SELECT pg_advisory_xact_lock(hashtextextended($1, 1))", values: [charge.transactionId] });
        await insert(tx, charge, "void");
        await tx.query({
          name: "provider-void-refund",
          text: `INSERT INTO provider_ledger (transaction_id, kind, order_id, amount, currency)
                 SELECT transaction_id, 'refund', order_id, amount, currency FROM provider_ledger WHERE transaction_id = $1 AND kind = 'capture'
                 ON CONFLICT DO NOTHING`,
          values: [charge.transactionId],
        });
      });
    },
  };
}
