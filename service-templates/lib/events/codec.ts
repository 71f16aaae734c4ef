/**
 * Avro in the Confluent wire format: a zero byte, the schema's id in four bytes (big endian), the body. Encoding has
 * two steps. The body is encoded (and thereby checked) where the event is created, inside the transaction. The relay
 * adds the id, so that an outage of the registry never rejects an order.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import avro from "avsc";
import type { Contract, PublishedEvent } from "../contract.ts";
import { messageOf, ServiceError } from "../errors.ts";
import { avroType, type ReferencedType } from "../registered-schema.ts";
import type { AnyEvents, ConsumedType, EventMap } from "./event-map.ts";
import type { SchemaRegistry } from "./registry.ts";

const MAGIC = 0;
const HEADER_BYTES = 5;

export interface Codec<E extends EventMap = AnyEvents> {
  /** Returns the event's declaration; throws SVC_EVENT_UNDECLARED if this service does not publish it. */
  published(event: string): PublishedEvent;
  /** Returns the Avro body, without the wire format's header; throws SVC_EVENT_INVALID with the name of the field. */
  body(event: string, payload: object): Buffer;
  /** Returns the registry's id of the event's schema, if it is already known. */
  knownSchemaId(event: string): number | undefined;
  /** Returns the same id, and asks the registry if needed. */
  schemaId(event: string): Promise<number>;
  /** Decodes a record's value with this service's schema of the event, whatever the producer's schema. */
  decode<T extends ConsumedType<E>>(event: T, value: Buffer): Promise<E["consumes"][T]>;
  /**
   * Fetches the ids of all published schemas and, if the registry has them, of the consumed ones. Then neither the
   * first event nor the first record needs the registry, even during an outage.
   */
  warm(): Promise<void>;
}

/** Returns the whole value of a record. */
export function frame(schemaId: number, body: Buffer): Buffer {
  const value = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  value.writeUInt8(MAGIC, 0);
  value.writeUInt32BE(schemaId, 1);
  body.copy(value, HEADER_BYTES);
  return value;
}

/** Splits a record's value; throws SVC_RECORD_FRAMING. */
export function unframe(value: Buffer): { schemaId: number; body: Buffer } {
  if (value.length < HEADER_BYTES) {
    throw new ServiceError(
      "SVC_RECORD_FRAMING",
      `the value has ${value.length} bytes, the wire format needs at least ${HEADER_BYTES}`,
      { permanent: true },
    );
  }
  const magic = value.readUInt8(0);
  if (magic !== MAGIC) {
    throw new ServiceError(
      "SVC_RECORD_FRAMING",
      `the value starts with byte 0x${magic.toString(16).padStart(2, "0")} instead of 0x00`,
      { permanent: true },
    );
  }
  return { schemaId: value.readUInt32BE(1), body: value.subarray(HEADER_BYTES) };
}

/** @typeParam E - The service's event types, generated from the schemas in `schemasDir`. */
export function avroCodec<E extends EventMap = AnyEvents>(
  contract: Contract,
  schemasDir: string,
  registry: SchemaRegistry,
): Codec<E> {
  const types = new Map<string, EventSchema>();
  const shared = sharedTypes(contract, schemasDir);
  const publishes = new Map(contract.publishes.map((event) => [event.event, event]));
  for (const { event, schema, references = [] } of [
    ...contract.publishes,
    ...contract.consumes.flatMap((topic) => topic.events),
  ]) {
    if (!types.has(event))
      types.set(
        event,
        readSchema(
          schemasDir,
          schema,
          references.map((name) => typeNamed(shared, name, schema)),
        ),
      );
  }
  /** Resolvers by schema id and event: building one costs more than decoding a thousand records. */
  const resolvers = new Map<
    string,
    { writer: avro.Type; resolver: avro.Type["createResolver"] extends (type: avro.Type) => infer R ? R : never }
  >();

  function published(event: string): PublishedEvent {
    const declared = publishes.get(event);
    if (declared !== undefined) return declared;
    throw new ServiceError("SVC_EVENT_UNDECLARED", `${contract.service} is not a declared producer of "${event}"`, {
      permanent: true,
    });
  }
  function typeOf(event: string): EventSchema {
    const known = types.get(event);
    if (known !== undefined) return known;
    throw new ServiceError("SVC_EVENT_UNDECLARED", `"${event}" is not in the contract of ${contract.service}`, {
      permanent: true,
    });
  }
  function resolverOf(
    event: string,
    schemaId: number,
    writerSchema: string,
  ): { resolver: ReturnType<avro.Type["createResolver"]> } {
    const key = `${schemaId} ${event}`;
    const known = resolvers.get(key);
    if (known !== undefined) return known;
    try {
      const writer = avro.Type.forSchema(JSON.parse(writerSchema) as avro.Schema);
      const made = { writer, resolver: typeOf(event).type.createResolver(writer) };
      resolvers.set(key, made);
      return made;
    } catch (error) {
      throw new ServiceError(
        "SVC_RECORD_SCHEMA_INCOMPATIBLE",
        `schema ${schemaId} cannot be read as ${event}: ${messageOf(error)}`,
        { cause: error, permanent: true },
      );
    }
  }

  function idOf(subject: string, event: string): Promise<number> {
    const { text, references } = typeOf(event);
    return registry.idOf(subject, text, references);
  }

  return {
    published,
    body(event, payload) {
      published(event);
      const { type } = typeOf(event);
      const wrong: string[] = [];
      type.isValid(payload, { errorHook: (path, value) => wrong.push(`${path.join(".")}=${JSON.stringify(value)}`) });
      if (wrong.length > 0) {
        throw new ServiceError("SVC_EVENT_INVALID", `${event} does not match its schema at ${wrong.join(", ")}`, {
          permanent: true,
        });
      }
      return type.toBuffer(payload);
    },
    knownSchemaId: (event) =>
      registry.knownIdOf(published(event).subject, typeOf(event).text, typeOf(event).references),
    schemaId: (event) => idOf(published(event).subject, event),
    async decode(event, value) {
      const { schemaId, body } = unframe(value);
      // No await if the schema is known: the hot path stays synchronous.
      const writerSchema = registry.knownSchemaOf(schemaId) ?? (await registry.schemaOf(schemaId));
      const { resolver } = resolverOf(event, schemaId, writerSchema);
      try {
        return typeOf(event).type.fromBuffer(body, resolver);
      } catch (error) {
        throw new ServiceError(
          "SVC_RECORD_BODY",
          `the body is not what schema ${schemaId} describes: ${messageOf(error)}`,
          { cause: error, permanent: true },
        );
      }
    },
    async warm() {
      await Promise.all(contract.publishes.map(({ event, subject }) => idOf(subject, event)));
      // A consumer may be older or newer than the registered schema: then it learns the producer's schema from the first
      // record.
      await Promise.allSettled(
        contract.consumes.flatMap(({ topic, events }) =>
          events.map(({ event, record }) => idOf(`${topic}-${record}`, event)),
        ),
      );
    },
  };
}

/** This service's schema of an event. */
interface EventSchema {
  readonly type: avro.Type;
  /** Text as the platform registers it. */
  readonly text: string;
  readonly references: readonly ReferencedType[];
}

function readSchema(schemasDir: string, schema: string, references: readonly ReferencedType[]): EventSchema {
  const text = readText(schemasDir, schema);
  try {
    return { type: avroType({ schema: text, references }), text, references };
  } catch (error) {
    throw new ServiceError("SVC_SCHEMA_UNREADABLE", `${join(schemasDir, schema)}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Returns the contract's shared types by name, each with the types that it refers to. */
function sharedTypes({ types = [] }: Contract, schemasDir: string): ReadonlyMap<string, ReferencedType> {
  const read = new Map<string, ReferencedType>();
  for (const { name, schema, references } of types) {
    read.set(name, {
      name,
      subject: name,
      schema: readText(schemasDir, schema),
      references: references.map((needed) => typeNamed(read, needed, schema)),
    });
  }
  return read;
}

function typeNamed(types: ReadonlyMap<string, ReferencedType>, name: string, schema: string): ReferencedType {
  const type = types.get(name);
  if (type === undefined)
    throw new ServiceError(
      "SVC_CONTRACT_INVALID",
      `${schema} refers to ${name}, which is none of the contract's types before it`,
    );
  return type;
}

/**
 * Returns the schema's text without white space. The platform registers this text, and the service looks it up in the
 * registry.
 */
function readText(schemasDir: string, schema: string): string {
  const file = join(schemasDir, schema);
  try {
    return JSON.stringify(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    throw new ServiceError("SVC_SCHEMA_UNREADABLE", `${file}: ${messageOf(error)}`, { cause: error });
  }
}
