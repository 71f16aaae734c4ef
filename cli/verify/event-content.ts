/** Reads events' payloads with the schemas that wrote them; the project chooses what to take from a payload. */
import { setTimeout } from "node:timers/promises";
import { messageOf, ServiceError } from "@event-platform-kit/service/errors";
import { unframe } from "@event-platform-kit/service/events/codec";
import type { SchemaRegistry } from "@event-platform-kit/service/events/registry";
import avro from "avsc";
import { KitError } from "../errors.ts";

/** Result of reading a value. */
export type ReadContent<Content = unknown> = { readonly content: Content } | { readonly unreadable: string };

/**
 * Takes from a payload what a project's invariants need.
 * @param oneCopy - Returns the shared copy of a name that many payloads contain.
 * @throws TypeError naming the field that is missing or has another type.
 */
export type ContentOf<Content = unknown> = (event: {
  readonly type: string;
  /** The record's key. */
  readonly key: string | null;
  readonly payload: unknown;
  readonly oneCopy: (name: string) => string;
}) => Content;

/** Reads values. The first value of a schema waits for the registry, the others are read at once. */
export type ContentReader<Content = unknown> = (
  eventType: string,
  key: string | null,
  value: Buffer,
) => ReadContent<Content> | Promise<ReadContent<Content>>;

/** Maximum time for retries to a registry that is down, or that has just started. */
const ANSWER_LIMIT_MS = 30_000;
const ASK_AGAIN_MS = 1_000;

/** Injected for tests. */
export interface ContentReaderOptions {
  /** @default setTimeout */
  readonly pause?: (ms: number) => Promise<unknown>;
}

/**
 * A reader that asks the registry for each schema until it gets an answer; a schema that the registry does not find stays
 * unreadable.
 * @throws KitError `KIT_SERVER_UNREACHABLE` from its readings when the registry gives no answer for {@link ANSWER_LIMIT_MS},
 * because then the records cannot be judged.
 */
export function contentReader<Content>(
  registry: Pick<SchemaRegistry, "schemaOf">,
  contentOf: ContentOf<Content>,
  { pause = setTimeout }: ContentReaderOptions = {},
): ContentReader<Content> {
  const writers = new Map<number, avro.Type | string>();
  // Millions of records contain a few hundred names of products, currencies and reasons: one copy of each is kept.
  const names = new Map<string, string>();
  function oneCopy(name: string): string {
    const known = names.get(name);
    if (known === undefined) names.set(name, name);
    return known ?? name;
  }
  function read(eventType: string, key: string | null, writer: avro.Type | string, body: Buffer): ReadContent<Content> {
    if (typeof writer === "string") return { unreadable: writer };
    try {
      return { content: contentOf({ type: eventType, key, payload: writer.fromBuffer(body), oneCopy }) };
    } catch (error) {
      return { unreadable: messageOf(error) };
    }
  }
  /**
   * The registry's client accepts "not found" only some seconds after the registry began to answer; until then the request is
   * retried.
   */
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
