/**
 * A simulated provider with its own ledger (provider_ledger) and a behaviour that can be changed while it runs. It
 * writes over its own connection, like an external system: its changes remain when the service's transaction rolls
 * back.
 */
import type { Clock } from "@event-platform-kit/service/clock";
import { pause } from "@event-platform-kit/service/clock";
import { gather, UNBOUNDED } from "@event-platform-kit/service/gather";
import type { Database, Transaction } from "@event-platform-kit/service/storage/database";
import type { CaptureOutcome, Charge, PaymentProvider, Reversal } from "./provider.ts";
import { ProviderUnavailable } from "./provider.ts";

export const BEHAVIOURS = ["approve", "decline", "decline_above", "timeout", "error"] as const;

export interface Behaviour {
  /**
   * The behaviour.
   * - approve: captures.
   * - decline: refuses.
   * - decline_above: refuses above the threshold.
   * - timeout: captures, but never answers.
   * - error: fails before it does anything.
   */
  readonly behaviour: (typeof BEHAVIOURS)[number];
  /** Units of the currency, for decline_above. */
  readonly threshold?: number;
  /** Time of each answer, in milliseconds. */
  readonly latencyMs: number;
}

export interface Simulator extends PaymentProvider {
  behaviour(): Promise<Behaviour>;
  change(behaviour: Behaviour): Promise<void>;
}

export interface SimulatorOptions {
  readonly database: Database;
  /** The caller's timeout, in milliseconds. */
  readonly answerLimitMs: number;
  readonly clock: Clock;
}

/** A movement that was decided on and is not in the ledger yet. */
interface Decision {
  readonly charge: Charge;
  readonly kind: "capture" | "decline";
}

export function providerSimulator({ database, answerLimitMs, clock }: SimulatorOptions): Simulator {
  async function behaviour(): Promise<Behaviour> {
    const [row] = await database.query<{
      behaviour: Behaviour["behaviour"];
      threshold: string | null;
      latency_ms: number;
    }>({
      name: "provider-behaviour",
      text: "SELECT behaviour, threshold, latency_ms FROM provider_behaviour",
    });
    if (row === undefined) return { behaviour: "approve", latencyMs: 0 };
    return {
      behaviour: row.behaviour,
      latencyMs: row.latency_ms,
      ...(row.threshold === null ? {} : { threshold: Number(row.threshold) / 100 }),
    };
  }

  // An external provider would use its own machine; this one uses ours, so simultaneous calls share the work.
  const currentBehaviour = gather<undefined, Behaviour>({
    async work(calls) {
      const now = await behaviour();
      return calls.map(() => now);
    },
    clock,
    ...UNBOUNDED,
  });
  const enter = gather<Decision, CaptureOutcome>({ work: enterAll, clock, ...UNBOUNDED });
  const makeVoid = gather<Pick<Charge, "transactionId" | "orderId">, Reversal>({
    work: makeAllVoid,
    clock,
    ...UNBOUNDED,
  });

  /**
   * Enters movements. Returns what the ledger contains for each transaction, so that repetitions and races get the same
   * result.
   */
  async function enterAll(decisions: readonly Decision[]): Promise<readonly CaptureOutcome[]> {
    const wanted = new Map(decisions.map((decision) => [decision.charge.transactionId, decision]));
    const rows = await database.transaction(async (tx) => {
      await lock(tx, [...wanted.keys()]);
      const [charges, kinds] = [
        [...wanted.values()].map(({ charge }) => charge),
        [...wanted.values()].map(({ kind }) => kind),
      ];
      return await tx.query<{ transaction_id: string; kind: string }>({
        name: "provider-enter",
        text: `WITH wanted AS (SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::bigint[], $5::text[]) AS w(transaction_id, kind, order_id, amount, currency)),
                    known AS (SELECT transaction_id, l.kind FROM provider_ledger l JOIN wanted USING (transaction_id)),
                    entered AS (
                      INSERT INTO provider_ledger (transaction_id, kind, order_id, amount, currency)
                      SELECT w.transaction_id, w.kind, w.order_id, w.amount, w.currency FROM wanted w
                       WHERE NOT EXISTS (SELECT 1 FROM known k WHERE k.transaction_id = w.transaction_id))
               SELECT transaction_id, kind FROM known`,
        values: [
          charges.map((charge) => charge.transactionId),
          kinds,
          charges.map((charge) => charge.orderId),
          charges.map((charge) => charge.amount),
          charges.map((charge) => charge.currency),
        ],
      });
    });
    const booked = Map.groupBy(rows, (row) => row.transaction_id);
    return decisions.map(({ charge }) => {
      const known = (booked.get(charge.transactionId) ?? []).map((row) => row.kind);
      return outcomeOf(new Set(known.length === 0 ? [wanted.get(charge.transactionId)?.kind] : known));
    });
  }

  /** Allows one decision at a time per transaction, in the order of their ids: a capture and a void must not run concurrently. */
  async function lock(tx: Transaction, transactionIds: readonly string[]): Promise<void> {
    await tx.query({
      name: "provider-lock",
      text: "SELECT count(pg_advisory_xact_lock(hashtextextended(id, 1))::text) FROM (SELECT unnest($1::text[]) AS id ORDER BY 1) AS ordered",
      values: [transactionIds],
      harmless: true,
    });
  }

  /** Voids transactions and refunds what was captured under them. */
  async function makeAllVoid(
    transactions: readonly Pick<Charge, "transactionId" | "orderId">[],
  ): Promise<readonly Reversal[]> {
    const wanted = new Map(transactions.map((transaction) => [transaction.transactionId, transaction.orderId]));
    const rows = await database.transaction(async (tx) => {
      await lock(tx, [...wanted.keys()]);
      return tx.query<{ transaction_id: string; amount: string; currency: string }>({
        name: "provider-void",
        text: `WITH wanted AS (SELECT * FROM unnest($1::uuid[], $2::uuid[]) AS w(transaction_id, order_id)),
                    captured AS (SELECT l.* FROM provider_ledger l JOIN wanted USING (transaction_id) WHERE l.kind = 'capture'),
                    voided AS (
                      INSERT INTO provider_ledger (transaction_id, kind, order_id) SELECT transaction_id, 'void', order_id FROM wanted ON CONFLICT DO NOTHING),
                    refunded AS (
                      INSERT INTO provider_ledger (transaction_id, kind, order_id, amount, currency)
                      SELECT transaction_id, 'refund', order_id, amount, currency FROM captured ON CONFLICT DO NOTHING)
               SELECT transaction_id, amount, currency FROM captured`,
        values: [[...wanted.keys()], [...wanted.values()]],
      });
    });
    const captured = new Map(
      rows.map((row) => [
        row.transaction_id,
        { captured: true, amount: Number(row.amount), currency: row.currency } as const,
      ]),
    );
    return transactions.map(({ transactionId }) => captured.get(transactionId) ?? { captured: false });
  }

  return {
    behaviour,
    async change(next) {
      await database.query({
        text: `INSERT INTO provider_behaviour (only_row, behaviour, threshold, latency_ms) VALUES (true, $1, $2, $3)
               ON CONFLICT (only_row) DO UPDATE SET behaviour = EXCLUDED.behaviour, threshold = EXCLUDED.threshold, latency_ms = EXCLUDED.latency_ms`,
        values: [
          next.behaviour,
          next.threshold === undefined ? null : Math.round(next.threshold * 100),
          next.latencyMs,
        ],
      });
    },
    async capture(charge) {
      const now = await currentBehaviour(undefined);
      if (now.latencyMs > 0) await pause(Math.min(now.latencyMs, answerLimitMs));
      if (now.latencyMs >= answerLimitMs) throw new ProviderUnavailable(`no answer within ${answerLimitMs} ms`);
      if (now.behaviour === "error") throw new ProviderUnavailable("the provider answered with status 500");
      const declines =
        now.behaviour === "decline" ||
        (now.behaviour === "decline_above" && charge.amount > Math.round((now.threshold ?? 0) * 100));
      const outcome = await enter({ charge, kind: declines ? "decline" : "capture" });
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
    void: makeVoid,
  };
}

function outcomeOf(kinds: ReadonlySet<string | undefined>): CaptureOutcome {
  if (kinds.has("void")) return { outcome: "declined", code: "voided" };
  return kinds.has("capture") ? { outcome: "captured" } : { outcome: "declined", code: "insufficient_funds" };
}
