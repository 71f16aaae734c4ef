/** `kit:index:SchemaSubject`. */
import { z } from "zod";
import { ProviderError } from "../errors.ts";
import { inputChanges } from "../property-diff.ts";
import type { CheckFailure, PropertyChange, ResourceKind } from "../resource-kind.ts";
import { failuresOf } from "../validation.ts";
import { hasUnknown, type Values } from "../values.ts";
import { referenceIncompatibilities } from "./avro-references.ts";
import {
  IncompatibleSchema,
  type RegistryClient,
  type RegistryClientOptions,
  registryClient,
  type SchemaDocument,
} from "./schema-registry-client.ts";

const schema = z.object({
  registryUrl: z.url({
    protocol: /^https?$/,
    error: (issue) => `must be an http or https address, is ${JSON.stringify(issue.input)}`,
  }),
  subject: z.string().min(1, "must not be empty"),
  schema: z.string().min(1, "must not be empty"),
  schemaType: z.enum(["AVRO", "JSON", "PROTOBUF"]).default("AVRO"),
  references: z.array(z.object({ name: z.string(), subject: z.string(), version: z.int() })).optional(),
  compatibility: z.enum([
    "BACKWARD",
    "BACKWARD_TRANSITIVE",
    "FORWARD",
    "FORWARD_TRANSITIVE",
    "FULL",
    "FULL_TRANSITIVE",
    "NONE",
  ]),
});
type Inputs = z.infer<typeof schema>;

function documentOf({ schema, schemaType, references }: Inputs): SchemaDocument {
  return { schema, schemaType, ...(references && { references }) };
}

/** Returns the check failure with the registry's objections to a schema. Pure. */
export function incompatibility(
  { subject, compatibility }: Pick<Inputs, "subject" | "compatibility">,
  messages: readonly string[],
): CheckFailure {
  return {
    property: "schema",
    reason:
      `the schema is not ${compatibility} compatible with what subject ${subject} holds: ${messages.join("; ")}. Nothing was registered. ` +
      `To fix it: keep the old fields and give every new one a default, or publish a new event type under a new name.`,
  };
}

/** Returns the objections to a schema as the subject's next version. */
async function objections(registry: RegistryClient, wanted: Inputs): Promise<string[]> {
  const document = documentOf(wanted);
  const compared = (): Promise<string[]> =>
    referenceIncompatibilities(registry, wanted.subject, document, wanted.compatibility);
  if (wanted.schemaType === "AVRO" && refers(document)) return compared();
  try {
    return await registry.incompatibilities(wanted.subject, document);
  } catch (error) {
    if (!(error instanceof IncompatibleSchema)) throw error;
    const latest =
      wanted.schemaType === "AVRO"
        ? await registry.versionOf(wanted.subject, "latest").catch(() => undefined)
        : undefined;
    return latest !== undefined && refers(latest) ? compared() : [error.message];
  }
}

/**
 * Registers a schema that the registry cannot judge, because the latest version refers to other subjects and this one
 * does not: Apicurio 3.3 answers 422 to it. The provider makes the comparison instead, and disables the subject's level
 * for this one request.
 * @throws The given error, if the case is another one.
 */
async function registerUnjudged(registry: RegistryClient, wanted: Inputs, error: unknown): Promise<Values> {
  if (!(error instanceof IncompatibleSchema) || wanted.schemaType !== "AVRO") throw error;
  // If the latest version cannot be read, only the refusal is known.
  const latest = await registry.versionOf(wanted.subject, "latest").catch(() => undefined);
  if (latest === undefined || !refers(latest) || refers(documentOf(wanted))) throw error;
  const against = await referenceIncompatibilities(registry, wanted.subject, documentOf(wanted), wanted.compatibility);
  if (against.length > 0) throw new IncompatibleSchema(against.join("; "));
  await registry.setCompatibility(wanted.subject, "NONE");
  try {
    return await registry.register(wanted.subject, documentOf(wanted));
  } finally {
    await registry.setCompatibility(wanted.subject, wanted.compatibility);
  }
}

function refers({ references = [] }: SchemaDocument): boolean {
  return references.length > 0;
}

/** Returns the resource kind. Transport and randomness are parameters for tests. */
export function makeSchemaSubjectKind(options: RegistryClientOptions = {}): ResourceKind {
  const quick = (url: string) => registryClient(url, { ...options, retrySeconds: 0, requestSeconds: 5 });

  async function register(inputs: Values): Promise<Values> {
    const wanted = schema.parse(inputs);
    const registry = registryClient(wanted.registryUrl, options);
    // If a shared type has a new version, its number is known only now, so the preview could not judge.
    if (wanted.compatibility !== "NONE" && (wanted.references ?? []).length > 0) {
      const against = await objections(registry, wanted);
      if (against.length > 0) throw new Error(incompatibility(wanted, against).reason);
    }
    try {
      // The level is set first, so that the wanted level judges the schema. A registry that has no level for a subject
      // without versions gets it after the first version, which nothing can contradict.
      const isSet = await registry.setCompatibility(wanted.subject, wanted.compatibility);
      const registered = await registry
        .register(wanted.subject, documentOf(wanted))
        .catch((error: unknown) => registerUnjudged(registry, wanted, error));
      if (!isSet) await registry.setCompatibility(wanted.subject, wanted.compatibility);
      return registered;
    } catch (error) {
      if (error instanceof IncompatibleSchema)
        throw new Error(incompatibility(wanted, [error.message]).reason, { cause: error });
      throw error;
    }
  }

  return {
    computedOutputs: ["schemaId", "version"],

    async check({ news, olds, note }) {
      const failures = failuresOf(schema, news);
      const wanted = schema.safeParse(news);
      if (!wanted.success || hasUnknown(news) || wanted.data.compatibility === "NONE") return failures;
      const before = schema.safeParse(olds).data;
      const unchanged =
        before?.subject === wanted.data.subject &&
        JSON.stringify(documentOf(before)) === JSON.stringify(documentOf(wanted.data));
      if (unchanged) return failures;
      try {
        const messages = await objections(quick(wanted.data.registryUrl), wanted.data);
        return messages.length === 0 ? failures : [...failures, incompatibility(wanted.data, messages)];
      } catch (error) {
        if (!(error instanceof ProviderError) || error.code !== "registry-unreachable") throw error;
        // Before the first `up` there is no registry. If the state has the subject, a registry should exist.
        if (before !== undefined)
          note(
            `the registry cannot be asked about ${wanted.data.subject} now; it will judge when the schema is registered`,
            "warning",
          );
        return failures;
      }
    },

    async diff({ olds, news, note }) {
      const changes: PropertyChange[] = inputChanges(olds, news, { replacing: ["subject"] });
      if (changes.length === 0 && !hasUnknown(news)) {
        const wanted = schema.parse(news);
        const found = await quick(wanted.registryUrl)
          .find(wanted.subject, documentOf(wanted))
          .catch(() => "unknown" as const);
        if (found === undefined) {
          note(`the registry has lost ${wanted.subject}, which is registered again`, "warning");
          changes.push({ path: "schemaId", change: "update", side: "output" });
        }
      }
      return { changes };
    },

    async create({ inputs }) {
      return { id: schema.parse(inputs).subject, computed: await register(inputs) };
    },

    async read({ inputs, state }) {
      const wanted = schema.safeParse(inputs);
      const known = { schemaId: state.schemaId ?? 0, version: state.version ?? 0 };
      if (!wanted.success) return known;
      try {
        return await quick(wanted.data.registryUrl).find(wanted.data.subject, documentOf(wanted.data));
      } catch {
        return known;
      }
    },

    async update({ inputs }) {
      return register(inputs);
    },

    async delete({ id, inputs, state }) {
      const { registryUrl = state.registryUrl } = inputs;
      if (typeof registryUrl === "string")
        await registryClient(registryUrl, { ...options, retrySeconds: options.retrySeconds ?? 10 }).remove(id);
    },
  };
}

/** `kit:index:SchemaSubject`. */
export const schemaSubjectKind = makeSchemaSubjectKind();
