import type { Compatibility } from "../../model/compatibility.ts";
import type { JsonSchema } from "../../model/json-schema-parts.ts";
import type { SchemaFormat } from "../../model/schema-format.ts";
import { compatibilityFailures } from "./avro/compatibility.ts";
import { schemaChanges, type SchemaChanges } from "./avro/schema-changes.ts";
import { jsonChanges } from "./json/changes.ts";
import { jsonIncompatibilities } from "./json/containment.ts";
import { heldToLevel, type CompatibilityFailure } from "./level.ts";

/** What the judgement of a change needs to know of a language of schemas. */
export interface FormatJudge {
  /** As {@link compatibilityFailures}. `renamed`: the record has another name, which is told by itself. */
  failures(schema: string, versions: readonly string[], level: Compatibility, renamed: boolean): CompatibilityFailure[];
  /** What a change consists of. */
  changes(before: string, after: string): SchemaChanges;
}

/** The judges by language. */
export const judges: Readonly<Record<SchemaFormat, FormatJudge>> = {
  avro: {
    failures: (schema, versions, level, renamed) => compatibilityFailures(schema, versions, level, renamed ? { names: "any" } : {}),
    changes: schemaChanges,
  },
  json: {
    failures: (schema, versions, level) => heldToLevel(schema, versions, level, (text) => JSON.parse(text) as JsonSchema, jsonIncompatibilities),
    changes: jsonChanges,
  },
};
