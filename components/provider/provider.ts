/** Dispatches the engine's requests to the resource kinds, and preserves the marks of secrets. */
import { providerError } from "./errors.ts";
import type { CheckFailure, Note, ResourceDiff, ResourceKind } from "./resource-kind.ts";
import { isSecret, revealAll, secret, unknownMarker, type Values } from "./values.ts";

/**
 * Resource kinds by the last part of their token. They are loaded on first use, so that a preview of files needs no
 * PostgreSQL client.
 */
const kinds = {
  Certificate: async () => (await import("./certificates/certificate.ts")).certificateKind,
  ClusterLedger: async () => (await import("./ledgers/cluster-ledger.ts")).clusterLedgerKind,
  File: async () => (await import("./files/file.ts")).fileKind,
  KafkaRollout: async () => (await import("./rollout/kafka-rollout.ts")).kafkaRolloutKind,
  PostgresAdministrator: async () =>
    (await import("./administrator/postgres-administrator.ts")).postgresAdministratorKind,
  Migration: async () => (await import("./migrations/migration.ts")).migrationKind,
  Password: async () => (await import("./password.ts")).passwordKind,
  Process: async () => (await import("./process/resource.ts")).processKind,
  SchemaSubject: async () => (await import("./schemas/schema-subject.ts")).schemaSubjectKind,
  TopicLedger: async () => (await import("./ledgers/topic-ledger.ts")).topicLedgerKind,
} satisfies Record<string, () => Promise<ResourceKind>>;

/** Returns the kind of a resource's URN (`urn:pulumi:stack::project::parent$kit:index:File::name`). */
export async function kindOf(urn: string): Promise<ResourceKind> {
  const type = urn.split("::")[2]?.split("$").at(-1) ?? urn;
  const [, load] = Object.entries(kinds).find(([name]) => type === `kit:index:${name}`) ?? [];
  if (load === undefined)
    throw providerError("unknown-type", {
      type,
      known: Object.keys(kinds)
        .map((name) => `kit:index:${name}`)
        .join(", "),
    });
  return load();
}

/** State of a resource, as the engine stores it. */
export interface ResourceState {
  readonly id: string;
  readonly properties: Values;
}

/** Returns the state: the inputs as they were given, with secrets, and the computed outputs. */
export function stateOf(kind: ResourceKind, inputs: Values, computed: Values, previous: Values = {}): Values {
  const marked = Object.entries(computed).map(([key, value]) => {
    const hidden = kind.secretOutputs?.includes(key) || isSecret(inputs[key]) || isSecret(previous[key]);
    return [key, hidden ? secret(value) : value] as const;
  });
  return { ...inputs, ...Object.fromEntries(marked) };
}

/** Returns the expected result of create or update, as far as a preview can know it. A preview must not change anything. */
function previewOf(kind: ResourceKind, inputs: Values, state: Values = {}): Values {
  const computed = kind.computedOutputs.map(
    (name) => [name, (kind.stableOutputs?.includes(name) ? state[name] : undefined) ?? unknownMarker] as const,
  );
  return stateOf(kind, inputs, Object.fromEntries(computed));
}

/** The provider. Every method takes and returns values in wire format. */
export const provider = {
  async check(urn: string, olds: Values | undefined, news: Values, note: Note): Promise<readonly CheckFailure[]> {
    const kind = await kindOf(urn);
    return kind.check({
      news: revealAll(news),
      olds: olds && Object.keys(olds).length > 0 ? revealAll(olds) : undefined,
      note,
    });
  },

  async diff(urn: string, id: string, olds: Values, state: Values, news: Values, note: Note): Promise<ResourceDiff> {
    const kind = await kindOf(urn);
    return kind.diff({ id, olds: revealAll(olds), state: revealAll(state), news: revealAll(news), note });
  },

  async create(urn: string, inputs: Values, note: Note, preview = false): Promise<ResourceState> {
    const kind = await kindOf(urn);
    if (preview) return { id: "", properties: previewOf(kind, inputs) };
    const { id, computed } = await kind.create({ inputs: revealAll(inputs), note });
    return { id, properties: stateOf(kind, inputs, computed) };
  },

  /** Returns undefined if the resource no longer exists. */
  async read(urn: string, id: string, inputs: Values, state: Values, note: Note): Promise<Values | undefined> {
    const kind = await kindOf(urn);
    const computed = await kind.read({ id, inputs: revealAll(inputs), state: revealAll(state), note });
    return computed && { ...state, ...stateOf(kind, {}, computed, state) };
  },

  async update(
    urn: string,
    id: string,
    olds: Values,
    state: Values,
    inputs: Values,
    note: Note,
    preview = false,
  ): Promise<Values> {
    const kind = await kindOf(urn);
    if (preview) return previewOf(kind, inputs, state);
    const computed = await kind.update({
      id,
      inputs: revealAll(inputs),
      olds: revealAll(olds),
      state: revealAll(state),
      note,
    });
    return stateOf(kind, inputs, computed);
  },

  async delete(urn: string, id: string, inputs: Values, state: Values, note: Note): Promise<void> {
    const kind = await kindOf(urn);
    await kind.delete({ id, inputs: revealAll(inputs), state: revealAll(state), note });
  },
};
