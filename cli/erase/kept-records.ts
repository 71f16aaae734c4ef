/** Topics with personal data, and until when they keep it. Pure. */
import { longestKept } from "../../components/plan/capacity/segments.ts";
import type { PlatformPlan } from "../../components/plan/types.ts";

/** A topic whose records may contain a customer's data. */
export interface KeptTopic {
  readonly topic: string;
  /**
   * Fields of its events that contain personal data; for a dead-letter or retry topic, those of the topics that its group
   * consumes.
   */
  readonly fields: readonly string[];
  /** The topic's retention in milliseconds; null: records are not removed, at least not by time. */
  readonly retentionMs: number | null;
  /** Milliseconds after which a record is certainly deleted. Kafka deletes whole segments, so this is longer. Null as above. */
  readonly keptMs: number | null;
}

/**
 * Topics with records that contain one of the fields, sorted: event topics by their schemas, derived topics by what their group
 * consumes.
 */
export function keptTopics(plan: PlatformPlan, fields: readonly string[]): readonly KeptTopic[] {
  const fieldsOf = new Map<string, Set<string>>();
  for (const { topic, schema, schemaType, references } of plan.subjects) {
    // Properties of a JSON Schema are keys; other keys do no harm here.
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

/** The Protobuf field `customer_id` corresponds to `customerId` in the other languages. */
function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/gu, (_, deadLetter: string) => deadLetter.toUpperCase());
}
