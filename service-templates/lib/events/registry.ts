/**
 * A client of the schema registry (Confluent-compatible API). Both kinds of responses never change, so they are cached
 * for the life of the process: with a warm cache the service works during an outage of the registry.
 */
import type { Clock } from "../clock.ts";
import { systemClock } from "../clock.ts";
import { messageOf, ServiceError } from "../errors.ts";
import { type ReferencedType, type RegisteredSchema, selfContained } from "../registered-schema.ts";

export interface SchemaRegistry {
  /**
   * Returns the id under which exactly this schema is registered in the subject, with the newest versions of its
   * references that equal those here.
   */
  idOf(subject: string, schema: string, references?: readonly ReferencedType[]): Promise<number>;
  /** Returns the same id from the cache only. */
  knownIdOf(subject: string, schema: string, references?: readonly ReferencedType[]): number | undefined;
  /** Returns the schema's text by id, with referenced types of other subjects inlined. */
  schemaOf(id: number): Promise<string>;
  /** Returns the same text from the cache only. */
  knownSchemaOf(id: number): string | undefined;
}

export interface RegistryOptions {
  /** Base address including `/apis/ccompat/v7`. */
  readonly url: string;
  /** Timeout of one request in milliseconds. @default 3000 */
  readonly timeoutMs?: number;
  readonly fetch?: typeof fetch;
  /** @default systemClock */
  readonly clock?: Clock;
}

/**
 * A registry that stores its schemas in a Kafka topic answers while it still loads them, and rejects those that it has
 * not loaded yet (observed with Apicurio: a record of a correct producer became a dead-letter record). A rejection
 * counts as final only if the registry has answered without a failure for this long, and often enough that a restart
 * would have been noticed.
 */
const BELIEVED_AFTER_MS = 10_000;
const LONGEST_SILENCE_MS = 10_000;

/** Longest chain of references between schemas. */
const MOST_LEVELS = 32;

const MEDIA_TYPE = "application/vnd.schemaregistry.v1+json";

export function schemaRegistry(options: RegistryOptions): SchemaRegistry {
  const ids = new Map<string, number>();
  const schemas = new Map<number, string>();
  const inFlight = new Map<string, Promise<unknown>>();
  const request = options.fetch ?? fetch;
  const clock = options.clock ?? systemClock;
  let answeringSince: number | undefined;
  let answeredAt = 0;

  function noteAnswer(): void {
    const now = clock();
    if (answeringSince === undefined || now - answeredAt > LONGEST_SILENCE_MS) answeringSince = now;
    answeredAt = now;
  }

  async function call(
    method: "GET" | "POST",
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: Record<string, unknown> }> {
    const url = `${options.url}${path}`;
    try {
      const response = await request(url, {
        method,
        headers: { accept: MEDIA_TYPE, ...(body === undefined ? {} : { "content-type": MEDIA_TYPE }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(options.timeoutMs ?? 3_000),
      });
      if (response.status >= 500 || response.status === 429) throw new Error(`status ${response.status}`);
      noteAnswer();
      return { status: response.status, body: (await response.json().catch(() => ({}))) as Record<string, unknown> };
    } catch (error) {
      answeringSince = undefined;
      throw new ServiceError("SVC_REGISTRY_UNAVAILABLE", `${method} ${url}: ${messageOf(error)}`, { cause: error });
    }
  }

  /** Shares one request between callers that need the same thing at the same time. */
  function once<T>(key: string, work: () => Promise<T>): Promise<T> {
    const running = inFlight.get(key) as Promise<T> | undefined;
    if (running !== undefined) return running;
    const started = work().finally(() => inFlight.delete(key));
    inFlight.set(key, started);
    return started;
  }

  /** Returns the registry's id and version of a schema in a subject, including the versions of its references. */
  async function lookUp(
    subject: string,
    { schema, references = [] }: RegisteredSchema,
  ): Promise<{ id: number; version: number | undefined }> {
    const versions = await Promise.all(
      references.map(async (reference) => ({
        name: reference.name,
        subject: reference.subject,
        version: (await found(reference)).version,
      })),
    );
    const document = { schema, schemaType: "AVRO", ...(versions.length === 0 ? {} : { references: versions }) };
    const path = `/subjects/${encodeURIComponent(subject)}`;
    let answer = await call("POST", path, document);
    // Registries that store only a canonical form find the schema only if asked to normalize it.
    if (answer.status === 404) answer = await call("POST", `${path}?normalize=true`, document);
    const { id, version } = answer.body;
    if (answer.status !== 200 || typeof id !== "number") {
      throw new ServiceError(
        "SVC_REGISTRY_SCHEMA_MISSING",
        `subject ${subject} does not hold this service's schema (status ${answer.status})`,
      );
    }
    return { id, version: typeof version === "number" ? version : undefined };
  }

  function found(type: ReferencedType): Promise<{ id: number; version: number | undefined }> {
    return once(`type ${keyOf(type.subject, type.schema, type.references)}`, () => lookUp(type.subject, type));
  }

  /** Returns the references of a schema from the registry, recursively; each version is requested once. */
  function resolved(
    body: Record<string, unknown>,
    asked: Map<string, Promise<ReferencedType>>,
    level = 0,
  ): Promise<ReferencedType[]> {
    const references = Array.isArray(body.references) ? (body.references as readonly Record<string, unknown>[]) : [];
    if (level > MOST_LEVELS)
      throw new ServiceError("SVC_RECORD_SCHEMA_UNKNOWN", `schemas refer to each other more than ${MOST_LEVELS} deep`, {
        permanent: true,
      });
    return Promise.all(
      references.map((reference) => {
        const [name, subject, version] = [String(reference.name), String(reference.subject), String(reference.version)];
        const key = `${name}\n${subject}\n${version}`;
        const running =
          asked.get(key) ??
          (async (): Promise<ReferencedType> => {
            const answer = await call("GET", `/subjects/${encodeURIComponent(subject)}/versions/${version}`);
            const schema = answer.body.schema;
            // The registry keeps every referenced schema. If it rejects one, it has not loaded it yet.
            if (answer.status !== 200 || typeof schema !== "string")
              throw new ServiceError(
                "SVC_REGISTRY_UNAVAILABLE",
                `version ${version} of ${subject}, which a schema refers to: status ${answer.status}`,
              );
            return { name, subject, schema, references: await resolved(answer.body, asked, level + 1) };
          })();
        asked.set(key, running);
        return running;
      }),
    );
  }

  return {
    knownIdOf: (subject, schema, references) => ids.get(keyOf(subject, schema, references)),
    knownSchemaOf: (id) => schemas.get(id),
    async idOf(subject, schema, references = []) {
      const key = keyOf(subject, schema, references);
      const known = ids.get(key);
      if (known !== undefined) return known;
      return once(key, async () => {
        const { id } = await lookUp(subject, { schema, references });
        ids.set(key, id);
        // The id also serves decoding: records with this schema need no further request.
        schemas.set(id, selfContained({ schema, references }));
        return id;
      });
    },
    async schemaOf(id) {
      const known = schemas.get(id);
      if (known !== undefined) return known;
      return once(`id ${id}`, async () => {
        const answer = await call("GET", `/schemas/ids/${id}`);
        const schema = answer.body.schema;
        if (answer.status === 404 && clock() - (answeringSince ?? clock()) < BELIEVED_AFTER_MS) {
          throw new ServiceError(
            "SVC_REGISTRY_UNAVAILABLE",
            `schema ${id}: not known to a registry that may still be starting`,
          );
        }
        if (answer.status === 404) {
          throw new ServiceError("SVC_RECORD_SCHEMA_UNKNOWN", `the registry knows no schema with id ${id}`, {
            permanent: true,
          });
        }
        if (answer.status !== 200 || typeof schema !== "string") {
          throw new ServiceError("SVC_REGISTRY_UNAVAILABLE", `schema ${id}: status ${answer.status}`);
        }
        const whole = selfContained({ schema, references: await resolved(answer.body, new Map()) });
        schemas.set(id, whole);
        return whole;
      });
    },
  };
}

/** Returns a key that is equal for equal schemas with equal referenced types. */
function keyOf(subject: string, schema: string, references: readonly ReferencedType[] = []): string {
  const types = new Map<string, string>();
  const add = (type: ReferencedType): void => {
    if (types.has(type.name)) return;
    types.set(type.name, `${type.subject}\n${type.schema}`);
    type.references?.forEach(add);
  };
  references.forEach(add);
  return [`${subject}\n${schema}`, ...types.values()].join("\n");
}
