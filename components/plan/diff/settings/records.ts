import { formatOf } from "../../../model/schemas/schema-format.ts";
import type { EventDeclaration } from "../../../model/types.ts";
import { parseAvro } from "../avro/schema-tree.ts";
import { limitText, listed } from "../words.ts";
import { configOf, isCompacted, numberOf, type SettingRule, servicesIn } from "./rule.ts";

/** Judges the maximum size of a record batch. */
export const maxMessageRule: SettingRule = {
  field: "maxMessage",
  settings: ["maxMessage"],
  declared: ({ maxMessage }) => maxMessage,
  judge(topic) {
    const before = numberOf(topic.before, "max.message.bytes", 0);
    const after = numberOf(topic.after, "max.message.bytes", 0);
    if (before === after) return undefined;
    const values = { before: limitText(before), after: limitText(after) };
    if (topic.after.kind !== "event")
      return {
        ...values,
        hazard: "safe",
        effects: ["follows what the group reads, so that every dead-letter record fits"],
      };
    const producers = servicesIn(topic.affected, "producer");
    const consumers = servicesIn(topic.affected, "consumer");
    return after < before
      ? {
          ...values,
          hazard: "approval",
          effects: [
            `batches above ${values.after} are refused: ${producers.length === 0 ? "producers fail" : `${listed(producers)} would fail`} with RECORD_TOO_LARGE; what is stored stays readable`,
          ],
          advice: ["let the producers send smaller records first"],
        }
      : {
          ...values,
          hazard: "approval",
          effects: [
            `${consumers.length === 0 ? "consumers" : listed(consumers)} must have memory for batches of ${values.after}: one of them is fetched whole, whatever the fetch size`,
          ],
        };
  },
};

/** Judges the compression codec in which brokers store the topic. */
export const compressionRule: SettingRule = {
  field: "compression",
  settings: ["compression"],
  declared: ({ compression }) => compression,
  judge(topic) {
    const before = configOf(topic.before, "compression.type") ?? "producer";
    const after = configOf(topic.after, "compression.type") ?? "producer";
    if (before === after) return undefined;
    const effect =
      after === "producer"
        ? "batches are stored as producers send them"
        : `brokers recompress what producers send in another codec than ${after}`;
    return { before, after, hazard: "safe", effects: [`${effect}; what is stored stays as it is`] };
  },
};

/** Kafka's default for `message.timestamp.type`. */
const defaultTimestampType = "CreateTime";

/** Judges which clock sets a record's timestamp. Retention, compaction lags and searches by time depend on it. */
export const timestampTypeRule: SettingRule = {
  field: "timestampType",
  declared: ({ timestampType }) => timestampType,
  judge({ before: was, after: is, affected }) {
    const before = configOf(was, "message.timestamp.type") ?? defaultTimestampType;
    const after = configOf(is, "message.timestamp.type") ?? defaultTimestampType;
    if (before === after) return undefined;
    const consumers = servicesIn(affected, "consumer");
    const producers = servicesIn(affected, "producer");
    const stored = `records that are stored keep their timestamps: until they expire ${consumers.length === 0 ? "consumers read" : `${listed(consumers)} ${consumers.length === 1 ? "reads" : "read"}`} both kinds`;
    const effect =
      after === "LogAppendTime"
        ? "a record's timestamp is when the broker stored it: windows and searches by time no longer go by when the event happened, and a replayed record is new"
        : `a record's timestamp is what ${producers.length === 0 ? "its producer" : listed(producers)} ${producers.length > 1 ? "set" : "sets"}: with a late clock, or old records sent again, they expire sooner than after their retention, down to at once`;
    return {
      before,
      after,
      hazard: "approval",
      effects: [effect, stored],
      advice: [
        "let consumers take the time of an event from its header (occurred-at) or a field, which no setting changes",
      ],
    };
  },
};

/** Judges the field that is the record key. Order and compaction depend on it. */
export const keyRule: SettingRule = {
  field: "key",
  declared: ({ key }) => key,
  judge({ declaredBefore, declaredAfter, after }) {
    if (declaredBefore === undefined || declaredAfter === undefined || declaredBefore.key === declaredAfter.key)
      return undefined;
    const values = {
      ...(declaredBefore.key === undefined ? {} : { before: declaredBefore.key }),
      ...(declaredAfter.key === undefined ? {} : { after: declaredAfter.key }),
    };
    const compacted = isCompacted(after);
    if (compacted && declaredAfter.key === undefined) {
      return {
        ...values,
        hazard: "refused",
        effects: [
          "a compacted topic takes no record without a key: every send of its producers would fail with INVALID_RECORD",
        ],
        advice: ["keep a key, or set cleanup: delete in a change before"],
      };
    }
    const [was, is] = [declaredBefore.key, declaredAfter.key];
    if (was !== undefined && is !== undefined && declaredAfter.events.every((event) => hasAlias(event, is, was))) {
      return {
        ...values,
        hazard: "safe",
        effects: [
          `${is} is the new name of ${was} in every event (alias): the same values are the key, so order per key is kept`,
        ],
      };
    }
    const effects: string[] = [];
    if (declaredBefore.key !== undefined)
      effects.push(`records of one ${declaredBefore.key} are spread over partitions: their order is no longer kept`);
    if (declaredAfter.key !== undefined)
      effects.push(`order is kept per ${declaredAfter.key} for new records; those written before lie where they are`);
    if (compacted) effects.push("values under the old keys are never overwritten again and stay forever");
    return {
      ...values,
      hazard: compacted ? "irreversible" : "approval",
      effects,
      advice: ["declare a new topic with the new key, and move producers and consumers over"],
    };
  },
};

/** Returns whether a record has a field that gives an earlier name as its alias. */
function hasAlias({ schema, schemaPath }: EventDeclaration, name: string, alias: string): boolean {
  // JSON Schema has no aliases.
  const type = formatOf(schemaPath) === "avro" ? parseAvro(schema) : undefined;
  return type?.kind === "record" && type.fields.some((field) => field.name === name && field.aliases.includes(alias));
}

/** Judges a deprecation, which warns consumers and is the first step of a removal. */
export const deprecationRule: SettingRule = {
  field: "deprecated",
  declared: ({ deprecated }) => JSON.stringify(deprecated),
  judge({ declaredBefore, declaredAfter, affected }) {
    const before = declaredBefore?.deprecated;
    const after = declaredAfter?.deprecated;
    if (JSON.stringify(before) === JSON.stringify(after)) return undefined;
    const values = {
      ...(before === undefined ? {} : { before: before.since }),
      ...(after === undefined ? {} : { after: after.since }),
    };
    if (after === undefined) return { ...values, hazard: "safe", effects: ["the topic stays"] };
    const consumers = servicesIn(affected, "consumer");
    const until = after.removal === undefined ? "" : `, not before ${after.removal}`;
    const [announced, due] = [before?.removal, after.removal ?? after.since];
    const nearer = announced !== undefined && due < announced;
    return {
      ...values,
      hazard: nearer ? "approval" : "safe",
      effects: [
        ...(nearer
          ? [
              `the removal was announced for ${announced} and may come from ${due} on: its consumers have planned with the later day`,
            ]
          : []),
        consumers.length === 0
          ? `no service reads it: the next change may delete it${until}`
          : `to be deleted once ${listed(consumers)} no longer ${consumers.length === 1 ? "reads" : "read"} it${until}`,
        `reason: ${after.reason}`,
      ],
    };
  },
};

/** Judges a change of the topic's description. */
export const descriptionRule: SettingRule = {
  field: "description",
  declared: ({ description }) => description,
  judge({ declaredBefore, declaredAfter }) {
    if (
      declaredBefore === undefined ||
      declaredAfter === undefined ||
      declaredBefore.description === declaredAfter.description
    )
      return undefined;
    return {
      before: declaredBefore.description,
      after: declaredAfter.description,
      hazard: "safe",
      effects: ["for readers only"],
    };
  },
};
