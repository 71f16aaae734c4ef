/** Schema languages, determined by the file extension. */
export type SchemaFormat = "avro" | "json" | "protobuf";

/** Returns the language of a schema file. */
export function formatOf(path: string): SchemaFormat {
  if (path.endsWith(".proto")) return "protobuf";
  return path.endsWith(".json") ? "json" : "avro";
}

/** Display names of the languages. */
export const formatNames: Readonly<Record<SchemaFormat, string>> = {
  avro: "Avro",
  json: "JSON Schema",
  protobuf: "Protobuf",
};

/** The registries' names of the languages. */
export const registryTypes = { avro: "AVRO", json: "JSON", protobuf: "PROTOBUF" } as const satisfies Readonly<
  Record<SchemaFormat, string>
>;
