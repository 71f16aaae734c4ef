import type { Compatibility } from "../../../model/schemas/compatibility.ts";
import type { JsonSchema } from "../../../model/schemas/json-schema-parts.ts";
import { type ProtobufSchema, readProtobufSchema } from "../../../model/schemas/protobuf-event-schema.ts";
import type { SchemaFormat } from "../../../model/schemas/schema-format.ts";
import { isTransitive } from "../../compatibility.ts";
import { compatibilityFailures } from "../avro/compatibility.ts";
import { type SchemaChanges, schemaChanges } from "../avro/schema-changes.ts";
import { jsonChanges } from "../json/changes.ts";
import { jsonIncompatibilities } from "../json/containment.ts";
import { type CompatibilityFailure, heldToLevel } from "../level.ts";
import { protobufChanges } from "../protobuf/changes.ts";
import { protobufIncompatibilities } from "../protobuf/compatibility.ts";

/** Functions that judge a change of a schema in one schema language. */
export interface FormatJudge {
  /** As {@link compatibilityFailures}. `renamed`: the record has another name, which a change of its own reports. */
  failures(schema: string, versions: readonly string[], level: Compatibility, renamed: boolean): CompatibilityFailure[];
  /** Returns the differences between two versions. */
  changes(before: string, after: string): SchemaChanges;
}

/** @throws Error for a text that the model has not accepted. */
function protobufSchema(text: string): ProtobufSchema {
  const read = readProtobufSchema(text);
  if (!read.ok) throw new Error(read.problem.message);
  return read.value;
}

/** The judges by schema language. */
export const judges: Readonly<Record<SchemaFormat, FormatJudge>> = {
  avro: {
    failures: (schema, versions, level, renamed) =>
      compatibilityFailures(schema, versions, level, renamed ? { names: "any" } : {}),
    changes: schemaChanges,
  },
  json: {
    failures: (schema, versions, level) =>
      heldToLevel(schema, versions, level, (text) => JSON.parse(text) as JsonSchema, jsonIncompatibilities),
    changes: jsonChanges,
  },
  protobuf: {
    // Both directions use the same rules, so each failure is reported once.
    failures: (schema, versions, level) =>
      heldToLevel(
        schema,
        versions,
        level === "NONE" ? level : isTransitive(level) ? "BACKWARD_TRANSITIVE" : "BACKWARD",
        protobufSchema,
        protobufIncompatibilities,
      ),
    changes: (before, after) => protobufChanges(protobufSchema(before), protobufSchema(after)),
  },
};
