/** Languages of schemas, told by the extension of their files. */
export type SchemaFormat = "avro" | "json" | "protobuf";

/** Language of a schema file. */
export function formatOf(path: string): SchemaFormat {
  if (path.endsWith(".proto")) return "protobuf";
  return path.endsWith(".json") ? "json" : "avro";
}

/** Name of the language, for people. */
export const formatNames: Readonly<Record<SchemaFormat, string>> = {
  avro: "Avro",
  json: "JSON Schema",
  protobuf: "Protobuf",
};

/** What registries call the language. */
export const registryTypes = { avro: "AVRO", json: "JSON", protobuf: "PROTOBUF" } as const satisfies Readonly<
  Record<SchemaFormat, string>
>;
