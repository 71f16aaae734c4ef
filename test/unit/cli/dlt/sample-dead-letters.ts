/** Letters and their records as tests need them. */

import { DEAD_LETTER_HEADER } from "@event-platform-kit/service/consumer/dead-letter";
import type { DeadLetterRecord } from "../../../../cli/dlt/dead-letter-records.ts";
import type { DeadLetter, DeadLetterAction } from "../../../../cli/dlt/dead-letters.ts";

export const LETTER_ID = "5f0c2a81-0000-8000-8000-000000000001";

export function deadLetter(over: Partial<DeadLetter> = {}): DeadLetter {
  return {
    letterId: LETTER_ID,
    group: "payment-service",
    state: "open",
    origin: { topic: "order-events", partition: 3, offset: "41" },
    eventId: "01940000-0000-7000-8000-000000000001",
    eventType: "order.created",
    code: "SVC_HANDLER_FAILED",
    message: "the books are closed",
    attempts: 5,
    failedAt: "2026-01-01T00:00:00.000Z",
    ageMs: 90_000,
    replayOf: undefined,
    failedAgainAs: undefined,
    actions: [],
    ...over,
  };
}

export function action(over: Partial<DeadLetterAction> = {}): DeadLetterAction {
  return {
    actionId: "a",
    action: "replay",
    actor: "operator",
    reason: undefined,
    at: "2026-01-01T00:01:00.000Z",
    written: { topic: "order-events", partition: 3, offset: "57" },
    ...over,
  };
}

export function record(over: Partial<DeadLetterRecord> = {}): DeadLetterRecord {
  const header = (name: string, value: string): readonly [string, Buffer] => [name, Buffer.from(value)];
  return {
    topic: "payment-service.dlt",
    partition: 0,
    offset: "9",
    key: Buffer.from("order-1"),
    value: Buffer.from([0, 0, 0, 0, 7, 2]),
    headers: [
      header("event-id", "01940000-0000-7000-8000-000000000001"),
      header("event-type", "order.created"),
      header("traceparent", "00-aa-bb-01"),
      header(DEAD_LETTER_HEADER.code, "SVC_HANDLER_FAILED"),
      header("retry-attempts", "2"),
      header("replay-letter", "of before"),
    ],
    ...over,
  };
}
