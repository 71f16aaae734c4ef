/** Dispatches the engine's requests to the kinds of resources, and keeps secrets secret on the way. */
import { providerError } from "./errors.ts";
import type { CheckFailure, Note, ResourceDiff, ResourceKind } from "./resource-kind.ts";
import { isSecret, revealAll, secret, unknownMarker, type Values } from "./values.ts";

/** Kinds by the last part of their token, loaded when first used: a preview of files needs no PostgreSQL client. */
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

/** The kind behind a resource's URN (`urn:pulumi:stack::project::parent$kit:index:File::name`). */
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

/** What a resource became: what the engine keeps of it. */
export interface ResourceState {
  readonly id: string;
  readonly properties: Values;
}

/** State = inputs as they were given, secrets and all, and what was computed. */
export function stateOf(kind: ResourceKind, inputs: Values, computed: Values, previous: Values = {}): Values {
  const marked = Object.entries(computed).map(([key, value]) => {
    const hidden = kind.secretOutputs?.includes(key) || isSecret(inputs[key]) || isSecret(previous[key]);
    return [key, hidden ? secret(value) : value] as const;
  });
  return { ...inputs, ...Object.fromEntries(marked) };
}

/** What create or update would leave, as far as a preview can know: nothing may be touched. */
function previewOf(kind: ResourceKind, inputs: Values, state: Values = {}): Values {
  const computed = kind.computedOutputs.map(
    (name) => [name, (kind.stableOutputs?.includes(name) ? state[name] : undefined) ?? unknownMarker] as const,
  );
  return stateOf(kind, inputs, Object.fromEntries(computed));
}

/** The provider: every method takes and gives values as they are on the wire. */
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

  /** Nothing: the resource is gone. */
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
