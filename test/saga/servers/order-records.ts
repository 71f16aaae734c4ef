/** Records of order-events as a producer outside the kit would write them: valid ones, and the material for broken ones. */

import { frame } from "@event-platform-kit/service/events/codec";
import { uuidV7 } from "@event-platform-kit/service/ids";
import avro from "avsc";
import type { OrderPlatform } from "./order-platform.ts";
import type { RawOut } from "./records.ts";

/** A record schema as JSON. */
export interface RecordSchema {
  readonly type: "record";
  readonly name: string;
  readonly fields: readonly { readonly name: string; readonly default?: unknown }[];
}

export interface OrderRecords {
  /** The current schema of an event. */
  schema(event: string): RecordSchema;
  /** A record of the event, written with its current schema or another one, which is registered for it. */
  record(
    event: string,
    orderId: string,
    payload: object,
    options?: { readonly eventId?: string; readonly writer?: RecordSchema },
  ): RawOut;
}

export function orderRecords(platform: Pick<OrderPlatform, "plan" | "registry">): OrderRecords {
  function planned(event: string): { readonly name: string; readonly schema: string; readonly topic: string } {
    const subject = platform.plan.subjects.find((item) => item.eventType === event);
    if (subject === undefined) throw new Error(`no subject for ${event}`);
    return subject;
  }
  const schema = (event: string): RecordSchema => JSON.parse(planned(event).schema) as RecordSchema;
  return {
    schema,
    record(event, orderId, payload, options = {}) {
      const { name, topic } = planned(event);
      const writer = options.writer ?? schema(event);
      const id = platform.registry.register(
        name,
        options.writer === undefined ? planned(event).schema : JSON.stringify(writer),
      );
      return {
        topic,
        key: orderId,
        value: frame(id, avro.Type.forSchema(writer as avro.Schema).toBuffer(payload)),
        headers: envelope(event, orderId, options.eventId),
      };
    },
  };
}

export function envelope(type: string, orderId: string, eventId = uuidV7()): Record<string, string> {
  return {
    "event-id": eventId,
    "event-type": type,
    "event-version": "1",
    "occurred-at": new Date().toISOString(),
    "correlation-id": orderId,
  };
}

export function createdPayload(orderId: string, customerId = "cust-raw"): Record<string, unknown> {
  return {
    orderId,
    customerId,
    timestamp: Date.now(),
    items: [{ productId: "sku-charger", quantity: 1, price: 39.9 }],
    totalAmount: 39.9,
    currency: "EUR",
    shippingAddress: "raw",
  };
}

export function cancelledPayload(orderId: string): Record<string, unknown> {
  return { orderId, customerId: "cust-raw", timestamp: Date.now(), reason: "timed_out", detail: null };
}
