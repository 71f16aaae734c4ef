/** An Avro schema as the payload of a message. Pure. */
import { markdownText } from "../../diff/escaping.ts";

/** Format of Avro schemas in AsyncAPI: the newest that its official parser knows. Schemas of later Avro versions use it too. */
export const AVRO_FORMAT = "application/vnd.apache.avro;version=1.9.0";

/**
 * The schema as plain data, safe to publish. Tools show `doc` as Markdown, so markup in it is escaped. Keys called `$ref` are
 * left out: they have no meaning in Avro, but tools that resolve the document's references would fetch them.
 * @param schema - Avro schema as JSON text.
 */
export function avroPayload(schema: string): unknown {
  return schemaCopy(JSON.parse(schema));
}

function schemaCopy(value: unknown): unknown {
  return copy(value, (key, field) => {
    if (key === "doc" && typeof field === "string") return markdownText(field);
    // Defaults and attributes of other tools are data, whatever their keys.
    return key === "default" ? dataCopy(field) : schemaCopy(field);
  });
}

function dataCopy(value: unknown): unknown {
  return copy(value, (_, field) => dataCopy(field));
}

function copy(value: unknown, field: (key: string, value: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => copy(item, field));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== "$ref")
      .map(([key, each]) => [key, field(key, each)]),
  );
}
