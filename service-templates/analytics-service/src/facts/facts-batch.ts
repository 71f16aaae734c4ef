/**
 * Facts and figures of the running batch. Its handlers collect them, and one statement per table writes them at its
 * end. Everything commits with the inbox, so a report counts once, regardless of redeliveries.
 */

import type { Received } from "@event-platform-kit/service/events/event-map";
import { requiredUuid } from "@event-platform-kit/service/ids";
import type { Transaction } from "@event-platform-kit/service/storage/database";
import type { EventMap } from "../events.generated.ts";
import type { Figure } from "../figures/contributions.ts";
import { balance, contributions, minuteOf } from "../figures/contributions.ts";
import type { SentMessage } from "../figures/figures-table.ts";
import { addFigures, insertMessages } from "../figures/figures-table.ts";
import { insertFacts, lockFacts, updateFacts } from "./facts-table.ts";
import type { OrderFacts, Step, StepName } from "./order-facts.ts";
import { joined, withStep } from "./order-facts.ts";

export interface FactsBatch {
  /** Adds the report of a step; always returns an empty list of events. */
  take(tx: Transaction, event: Received<EventMap>, name: StepName, details?: Omit<Step, "at">): readonly never[];
  /** Adds the report of a sent message. */
  takeMessage(tx: Transaction, message: SentMessage): void;
  /** Writes the collected reports. */
  finish(events: readonly Received<EventMap>[], tx: Transaction): Promise<void>;
}

interface Taken {
  readonly facts: Map<string, OrderFacts>;
  readonly messages: Map<string, SentMessage>;
}

export function factsBatch(): FactsBatch {
  const batches = new WeakMap<Transaction, Taken>();
  function takenOf(tx: Transaction): Taken {
    const taken = batches.get(tx) ?? { facts: new Map(), messages: new Map() };
    batches.set(tx, taken);
    return taken;
  }

  return {
    take(tx, { payload }, name, details = {}) {
      const { facts } = takenOf(tx);
      const orderId = requiredUuid(payload.orderId, "orderId");
      facts.set(orderId, withStep(facts.get(orderId) ?? {}, name, { at: payload.timestamp, ...details }));
      return [];
    },
    takeMessage(tx, message) {
      const { messages } = takenOf(tx);
      if (!messages.has(message.messageId)) messages.set(message.messageId, message);
    },
    async finish(_events, tx) {
      const { facts, messages } = takenOf(tx);
      const fromOrders = facts.size === 0 ? { added: [], removed: [] } : await storeFacts(tx, facts);
      const fresh = await insertMessages(tx, [...messages.values()]);
      await addFigures(tx, balance([...fromOrders.added, ...fresh.map(messageFigure)], fromOrders.removed));
    },
  };
}

/** Joins the collected facts with the stored ones. Returns what the orders contribute now, and what they contributed before. */
async function storeFacts(
  tx: Transaction,
  taken: ReadonlyMap<string, OrderFacts>,
): Promise<{ readonly added: readonly Figure[]; readonly removed: readonly Figure[] }> {
  const inserted = await insertFacts(tx, taken);
  const before = await lockFacts(
    tx,
    [...taken.keys()].filter((orderId) => !inserted.has(orderId)),
  );
  const after = new Map(
    [...before].map(([orderId, known]) => [orderId, joined(known, taken.get(orderId) ?? {})] as const),
  );
  const changed = new Map([...after].filter(([orderId, facts]) => facts !== before.get(orderId)));
  await updateFacts(tx, changed);
  return {
    added: [
      ...[...taken].filter(([orderId]) => inserted.has(orderId)).map(([, facts]) => facts),
      ...changed.values(),
    ].flatMap(contributions),
    removed: [...changed.keys()].flatMap((orderId) => contributions(before.get(orderId) ?? {})),
  };
}

/** Returns the contribution of a message to the figures. */
export function messageFigure({ channel, sentAt }: SentMessage): Figure {
  return { measure: "message", minute: minuteOf(sentAt), label: channel, currency: "", count: 1, units: 0, amount: 0 };
}
