/** Which topics hold personal data, and until when. Pure. */
import { longestKept } from "../../components/plan/segments.ts";
import type { PlatformPlan } from "../../components/plan/types.ts";

/** A topic whose records may hold a customer's data. */
export interface KeptTopic {
  readonly topic: string;
  /** Fields of its events that hold personal data; of a dead-letter or retry topic, those of what its group consumes. */
  readonly fields: readonly string[];
  /** The topic's retention in milliseconds; null: nothing removes a record, by time at least. */
  readonly retentionMs: number | null;
  /** Milliseconds after which a record is gone for certain: Kafka deletes whole segments, so this is longer. Null as above. */
  readonly keptMs: number | null;
}

/** Topics with records that hold one of the fields, sorted: event topics by their schemas, derived ones by what their group consumes. */
export function keptTopics(plan: PlatformPlan, fields: readonly string[]): readonly KeptTopic[] {
  const fieldsOf = new Map<string, Set<string>>();
  for (const { topic, schema, schemaType, references } of plan.subjects) {
    // Properties of JSON Schema are keys; what else is a key there does no harm.
    const names =
      schemaType === "PROTOBUF"
        ? /([A-Za-z_]\w*)\s*=\s*\d+/gu
        : schemaType === "JSON"
          ? /"([^"]+)"\s*:/gu
          : /"name"\s*:\s*"([^"]+)"/gu;
    const named = new Set(
      [...(references?.selfContained ?? schema).matchAll(names)].flatMap((match) => [
        match[1] ?? "",
        camelCase(match[1] ?? ""),
      ]),
    );
    for (const field of fields)
      if (named.has(field)) fieldsOf.set(topic, (fieldsOf.get(topic) ?? new Set()).add(field));
  }
  for (const { consumes, deadLetterTopic, retryTopics } of plan.contracts) {
    const consumed = consumes.flatMap(({ topic }) => [...(fieldsOf.get(topic) ?? [])]);
    if (consumed.length === 0) continue;
    for (const topic of [
      ...(deadLetterTopic === undefined ? [] : [deadLetterTopic]),
      ...retryTopics.map(({ topic: name }) => name),
    ])
      fieldsOf.set(topic, new Set(consumed));
  }
  return plan.topics.flatMap(({ name, config }): KeptTopic[] => {
    const held = fieldsOf.get(name);
    if (held === undefined) return [];
    const kept = longestKept(config);
    return [
      {
        topic: name,
        fields: [...held].toSorted(),
        retentionMs: kept === undefined ? null : Number(config["retention.ms"]),
        keptMs: kept ?? null,
      },
    ];
  });
}

/** `customer_id`, as Protobuf names fields, is `customerId` elsewhere. */
function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/gu, (_, letter: string) => letter.toUpperCase());
}
