import avro from "avsc";

/** What the model needs to know of a schema file. */
export interface AvroRecord {
  /** Full name, with namespace. */
  readonly record: string;
  readonly fields: readonly string[];
  /** JSON text without white space, key order kept. */
  readonly schema: string;
}

/** Outcome of reading a schema; a failure has a place when the text is not JSON. */
export type AvroReading =
  | { readonly ok: true; readonly value: AvroRecord }
  | { readonly ok: false; readonly message: string; readonly line: number; readonly column: number; readonly fix?: string };

/** Reads the text of an `.avsc` file: JSON, a record, with a namespace, every type known. */
export function readAvroSchema(text: string): AvroReading {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const place = jsonErrorPlace(error, text);
    return { ok: false, message: `the schema is not JSON: ${error instanceof Error ? error.message : String(error)}`, ...place };
  }
  const start = { line: 1, column: 1 };
  if (typeof json !== "object" || json === null || Array.isArray(json) || !("type" in json) || json.type !== "record") {
    return { ok: false, message: "the schema is no record", ...start, fix: 'write {"type": "record", "name": …, "namespace": …, "fields": […]}' };
  }
  try {
    const type = avro.Type.forSchema(json as avro.Schema);
    if (!avro.Type.isType(type, "record")) return { ok: false, message: "the schema is no record", ...start };
    const record = type.name ?? "";
    if (!record.includes(".")) return { ok: false, message: `the record ${JSON.stringify(record)} has no namespace`, ...start, fix: 'add "namespace": "com.example.events"' };
    const fields = (type as avro.types.RecordType).fields.map((field) => field.name);
    return { ok: true, value: { record, fields, schema: JSON.stringify(json) } };
  } catch (error) {
    return { ok: false, message: `the schema is not valid Avro: ${error instanceof Error ? error.message : String(error)}`, ...start };
  }
}

/** V8 names the position of a JSON error in its message only. */
function jsonErrorPlace(error: unknown, text: string): { line: number; column: number } {
  const message = error instanceof Error ? error.message : "";
  const place = /line (\d+) column (\d+)/.exec(message);
  if (place !== null) return { line: Number(place[1]), column: Number(place[2]) };
  if (!message.includes("end of JSON")) return { line: 1, column: 1 };
  const lines = text.split("\n");
  return { line: lines.length, column: (lines.at(-1) ?? "").length + 1 };
}
