/** Languages of schemas, told by the extension of their files. */
export type SchemaFormat = "avro" | "json";

/** Language of a schema file. */
export function formatOf(path: string): SchemaFormat {
  return path.endsWith(".json") ? "json" : "avro";
}

/** Name of the language, for people. */
export const formatNames: Readonly<Record<SchemaFormat, string>> = { avro: "Avro", json: "JSON Schema" };
