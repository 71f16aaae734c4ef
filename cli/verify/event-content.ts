/**
 * What the figures and the messages to customers are judged by: the few fields of an event's payload that they follow from,
 * read with the schema that wrote it. Nothing here comes from the services that are judged.
 */
import { setTimeout } from "node:timers/promises";
import avro from "avsc";
import { messageOf, ServiceError } from "../../service-templates/lib/errors.ts";
import { unframe } from "../../service-templates/lib/events/codec.ts";
import type { SchemaRegistry } from "../../service-templates/lib/events/registry.ts";
import { KitError } from "../errors.ts";

/** One product of an order. */
export interface OrderedProduct {
  readonly productId: string;
  readonly pieces: number;
  /** Minor units, of all pieces. */
  readonly amount: number;
}

/** A message to a customer, as the event says that it was sent. */
export interface ToldMessage {
  readonly messageId: string;
  readonly customerId: string;
  readonly channel: string;
  /** Types of the events that it tells of, of this order. */
  readonly tells: readonly string[];
}

/** The fields of a payload. Which ones are there depends on the event's type; amounts are minor units. */
export interface EventContent {
  readonly orderId: string;
  /** When it happened, milliseconds since the epoch, by the producer's clock. */
  readonly at: number;
  readonly currency?: string;
  readonly amount?: number;
  readonly pieces?: number;
  readonly products?: readonly OrderedProduct[];
  readonly reason?: string;
  readonly message?: ToldMessage;
}

/** What became of reading a value. */
export type ReadContent = { readonly content: EventContent } | { readonly unreadable: string };

/** Reads values. The first one of a schema waits for the registry, the others are read at once. */
export type ContentReader = (
  eventType: string,
  key: string | null,
  value: Buffer,
) => ReadContent | Promise<ReadContent>;

/** How long a registry that is away, or just back and not to be believed yet, is asked again. */
const ANSWER_LIMIT_MS = 30_000;
const ASK_AGAIN_MS = 1_000;

/** Injected for tests. */
export interface ContentReaderOptions {
  /** @default setTimeout */
  readonly pause?: (ms: number) => Promise<unknown>;
}

/**
 * A reader that asks the registry for each schema until it has an answer; a schema that the registry denies stays unreadable.
 * @throws KitError `KIT_SERVER_UNREACHABLE` from its readings when the registry gives no answer for {@link ANSWER_LIMIT_MS}:
 * that is no verdict on the records.
 */
export function contentReader(
  registry: Pick<SchemaRegistry, "schemaOf">,
  { pause = setTimeout }: ContentReaderOptions = {},
): ContentReader {
  const writers = new Map<number, avro.Type | string>();
  // Millions of records hold a few hundred names of products, currencies and reasons: one copy of each is kept.
  const names = new Map<string, string>();
  function oneCopy(name: string): string {
    const known = names.get(name);
    if (known === undefined) names.set(name, name);
    return known ?? name;
  }
  function read(eventType: string, key: string | null, writer: avro.Type | string, body: Buffer): ReadContent {
    if (typeof writer === "string") return { unreadable: writer };
    try {
      const content = contentOf(eventType, writer.fromBuffer(body), oneCopy);
      return { content: content.orderId === key ? { ...content, orderId: key } : content };
    } catch (error) {
      return { unreadable: messageOf(error) };
    }
  }
  /** The registry's client believes a denial only some seconds after the registry began to answer: until then it is asked again. */
  async function answered(schemaId: number): Promise<string> {
    for (let waitedMs = 0; ; waitedMs += ASK_AGAIN_MS) {
      try {
        return await registry.schemaOf(schemaId);
      } catch (error) {
        if (!(error instanceof ServiceError && error.code === "SVC_REGISTRY_UNAVAILABLE")) throw error;
        if (waitedMs >= ANSWER_LIMIT_MS)
          throw new KitError(
            "KIT_SERVER_UNREACHABLE",
            `the schema registry, asked for schema ${schemaId}: ${error.message}`,
            { cause: error },
          );
        await pause(ASK_AGAIN_MS);
      }
    }
  }
  return (eventType, key, value) => {
    let framed: { readonly schemaId: number; readonly body: Buffer };
    try {
      framed = unframe(value);
    } catch (error) {
      return { unreadable: messageOf(error) };
    }
    const { schemaId, body } = framed;
    const known = writers.get(schemaId);
    if (known !== undefined) return read(eventType, key, known, body);
    return (async () => {
      const writer = await answered(schemaId)
        .then((text) => avro.Type.forSchema(JSON.parse(text) as avro.Schema))
        .catch((error: unknown) => {
          if (error instanceof KitError) throw error;
          return `schema ${schemaId}: ${messageOf(error)}`;
        });
      writers.set(schemaId, writer);
      return read(eventType, key, writer, body);
    })();
  };
}

/** A decimal amount in minor units. */
function minor(amount: number): number {
  return Math.round(amount * 100);
}

/**
 * The fields of a payload.
 * @param oneCopy - Gives back the one copy that is kept of a name which many payloads hold. @default the name itself
 * @throws TypeError naming the field that is not there or has another type.
 */
export function contentOf(
  eventType: string,
  payload: unknown,
  oneCopy: (name: string) => string = (name) => name,
): EventContent {
  const fields = asRecord(payload, eventType);
  const base = { orderId: textIn(fields, "orderId"), at: numberIn(fields, "timestamp") };
  const money = (amount: string): { currency: string; amount: number } => ({
    currency: oneCopy(textIn(fields, "currency")),
    amount: minor(numberIn(fields, amount)),
  });
  switch (eventType) {
    case "order.created": {
      const products = listIn(fields, "items").map((item): OrderedProduct => {
        const line = asRecord(item, "items");
        const pieces = numberIn(line, "quantity");
        return {
          productId: oneCopy(textIn(line, "productId")),
          pieces,
          amount: pieces * minor(numberIn(line, "price")),
        };
      });
      return { ...base, ...money("totalAmount"), pieces: total(products), products };
    }
    case "order.confirmed":
      return {
        ...base,
        ...money("totalAmount"),
        pieces: total(
          listIn(fields, "items").map((item) => ({ pieces: numberIn(asRecord(item, "items"), "quantity") })),
        ),
      };
    case "order.cancelled":
      return { ...base, reason: oneCopy(textIn(fields, "reason")) };
    case "payment.refunded":
      return { ...base, ...money("amount") };
    case "notification.sent": {
      // Older events name one type only.
      const tells = (Array.isArray(fields.events) ? fields.events : []).filter(
        (type): type is string => typeof type === "string",
      );
      return {
        ...base,
        message: {
          messageId: textIn(fields, "notificationId"),
          customerId: textIn(fields, "customerId"),
          channel: oneCopy(textIn(fields, "channel")),
          tells: (tells.length > 0 ? tells : [textIn(fields, "causedBy")]).map(oneCopy),
        },
      };
    }
    default:
      return base;
  }
}

function total(items: readonly { readonly pieces: number }[]): number {
  return items.reduce((sum, { pieces }) => sum + pieces, 0);
}

type Fields = Readonly<Record<string, unknown>>;

function asRecord(value: unknown, name: string): Fields {
  if (typeof value !== "object" || value === null) throw new TypeError(`${name} is no record`);
  return value as Fields;
}

function textIn(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== "string") throw new TypeError(`${name} is no text`);
  return value;
}

function numberIn(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== "number") throw new TypeError(`${name} is no number`);
  return value;
}

function listIn(fields: Fields, name: string): readonly unknown[] {
  const value = fields[name];
  if (!Array.isArray(value)) throw new TypeError(`${name} is no list`);
  return value;
}
