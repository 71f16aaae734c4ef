/** Client for the part of a Confluent-compatible registry's API that subjects need (Apicurio: `/apis/ccompat/v7`). */
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { reasonOf } from "../../machine/coded-error.ts";
import { providerError } from "../errors.ts";

/** A schema, as the registry accepts it. */
export interface SchemaDocument {
  readonly schema: string;
  readonly schemaType: string;
  readonly references?:
    | readonly { readonly name: string; readonly subject: string; readonly version: number }[]
    | undefined;
}

/** An answer of the registry, in contrast to a transport error. */
interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Options of the client. */
export interface RegistryClientOptions {
  /** Timeout of one request. Default: 10 s. */
  readonly requestSeconds?: number;
  /** Timeout of all attempts of a request together. 0: one attempt. Default: 30 s. */
  readonly retrySeconds?: number;
  /** Returns a number from 0 to 1, for the jitter of the retries. */
  readonly random?: () => number;
  readonly fetch?: typeof fetch;
}

const errorBody = z.object({ error_code: z.number().optional(), message: z.string().optional() });

/**
 * Error code of a registry that refuses to delete a subject because schemas, even deleted ones, refer to it: records
 * carry their ids.
 */
const REFERENCE_EXISTS = 42_206;

const storedVersion = z.object({
  schema: z.string(),
  schemaType: z.string().default("AVRO"),
  references: z.array(z.object({ name: z.string(), subject: z.string(), version: z.number() })).optional(),
});

/** Returns the registry's own text of an error. */
function saying(answer: Answer): string {
  const parsed = errorBody.safeParse(answer.body);
  return (
    (parsed.success ? parsed.data.message : undefined) ??
    (typeof answer.body === "string" ? answer.body.slice(0, 500) : JSON.stringify(answer.body))
  );
}

/** Error for a schema that the registry refuses. */
export class IncompatibleSchema extends Error {}

/** Client of a registry. */
export type RegistryClient = ReturnType<typeof registryClient>;

/** Returns a client for one registry. */
export function registryClient(baseUrl: string, options: RegistryClientOptions = {}) {
  const { requestSeconds = 10, retrySeconds = 30, random = Math.random } = options;
  const base = baseUrl.replace(/\/+$/, "");
  const get = options.fetch ?? fetch;

  async function once(method: string, path: string, body: unknown): Promise<Answer> {
    const answer = await get(`${base}${path}`, {
      method,
      headers: {
        accept: "application/vnd.schemaregistry.v1+json, application/json",
        ...(body !== undefined && { "content-type": "application/vnd.schemaregistry.v1+json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(requestSeconds * 1000),
    });
    const text = await answer.text();
    try {
      return { status: answer.status, body: text === "" ? undefined : JSON.parse(text) };
    } catch {
      return { status: answer.status, body: text };
    }
  }

  /**
   * Sends a request and retries transient failures: no connection, no answer, 429 and 5xx. All requests here are
   * idempotent.
   */
  async function request(method: string, path: string, body?: unknown): Promise<Answer> {
    const started = performance.now();
    const deadline = started + retrySeconds * 1000;
    for (let attempts = 1, pause = 200; ; attempts += 1, pause = Math.min(pause * 2, 3000)) {
      let problem: string;
      let cause: unknown;
      try {
        const answer = await once(method, path, body);
        if (answer.status < 500 && answer.status !== 429) return answer;
        problem = `status ${answer.status}: ${saying(answer)}`;
      } catch (error) {
        cause = error;
        problem = reasonOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
      }
      const wait = pause * (0.5 + random() / 2);
      if (performance.now() + wait > deadline) {
        const seconds = ((performance.now() - started) / 1000).toFixed(1);
        throw providerError(
          "registry-unreachable",
          { url: base, request: `${method} ${path}`, reason: problem, attempts, seconds },
          cause,
        );
      }
      await delay(wait);
    }
  }

  function refused(method: string, path: string, answer: Answer, hint: string): Error {
    return providerError("registry-refused", {
      request: `${method} ${path}`,
      status: answer.status,
      reason: saying(answer),
      hint,
    });
  }

  function parsed<T>(type: z.ZodType<T>, method: string, path: string, answer: Answer): T {
    const result = type.safeParse(answer.body);
    if (!result.success)
      throw refused(
        method,
        path,
        answer,
        "check that the address is that of a Confluent-compatible API; Apicurio's ends with /apis/ccompat/v7",
      );
    return result.data;
  }

  const at = (subject: string): string => `/subjects/${encodeURIComponent(subject)}`;

  return {
    /**
     * Returns the incompatibilities of the schema as the next version of the subject. For a missing subject there are
     * none.
     * @throws IncompatibleSchema if the registry cannot judge: the text is not a schema, or the latest version has
     * references.
     */
    async incompatibilities(subject: string, document: SchemaDocument): Promise<string[]> {
      const path = `/compatibility${at(subject)}/versions/latest?verbose=true`;
      const answer = await request("POST", path, document);
      if (answer.status === 404) return [];
      if (answer.status === 422) throw new IncompatibleSchema(saying(answer));
      if (answer.status !== 200) throw refused("POST", path, answer, "read the registry's answer above");
      const verdict = parsed(
        z.object({ is_compatible: z.boolean(), messages: z.array(z.string()).nullish() }),
        "POST",
        path,
        answer,
      );
      if (verdict.is_compatible) return [];
      return verdict.messages?.length ? verdict.messages : ["the registry gives no reason"];
    },

    /** Sets the level of the subject. Returns false if the registry has no such subject yet. */
    async setCompatibility(subject: string, compatibility: string): Promise<boolean> {
      const path = `/config/${encodeURIComponent(subject)}`;
      const answer = await request("PUT", path, { compatibility });
      if (answer.status === 404) return false;
      if (answer.status !== 200) throw refused("PUT", path, answer, "check the compatibility level");
      return true;
    },

    /**
     * Registers the schema, or finds it if it is already registered.
     * @throws IncompatibleSchema
     */
    async register(subject: string, document: SchemaDocument): Promise<{ schemaId: number; version: number }> {
      const path = `${at(subject)}/versions`;
      const answer = await request("POST", path, document);
      if (answer.status === 409 || answer.status === 422) throw new IncompatibleSchema(saying(answer));
      if (answer.status !== 200) throw refused("POST", path, answer, "read the registry's answer above");
      const { id } = parsed(z.object({ id: z.number() }), "POST", path, answer);
      const found = await request("POST", at(subject), document);
      if (found.status !== 200) throw refused("POST", at(subject), found, "run the same command again");
      const { version } = parsed(z.object({ version: z.number() }), "POST", at(subject), found);
      return { schemaId: id, version };
    },

    /** Returns id and version of exactly this schema in the subject; undefined if it is not registered. */
    async find(subject: string, document: SchemaDocument): Promise<{ schemaId: number; version: number } | undefined> {
      const answer = await request("POST", at(subject), document);
      if (answer.status === 404) return undefined;
      if (answer.status !== 200) throw refused("POST", at(subject), answer, "read the registry's answer above");
      const { id, version } = parsed(z.object({ id: z.number(), version: z.number() }), "POST", at(subject), answer);
      return { schemaId: id, version };
    },

    /** Returns a version of a subject; undefined if it does not exist. */
    async versionOf(subject: string, version: number | "latest"): Promise<SchemaDocument | undefined> {
      const path = `${at(subject)}/versions/${version}`;
      const answer = await request("GET", path);
      if (answer.status === 404) return undefined;
      if (answer.status !== 200) throw refused("GET", path, answer, "read the registry's answer above");
      return parsed(storedVersion, "GET", path, answer);
    },

    /**
     * Soft-deletes the subject. Its ids stay readable for records that carry them. A subject that others refer to
     * stays.
     */
    async remove(subject: string): Promise<void> {
      const answer = await request("DELETE", at(subject));
      if (answer.status === 422 && errorBody.safeParse(answer.body).data?.error_code === REFERENCE_EXISTS) return;
      if (answer.status !== 200 && answer.status !== 204 && answer.status !== 404)
        throw refused("DELETE", at(subject), answer, "read the registry's answer above");
    },
  };
}
