import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readCrds } from "../servers/crds.ts";

/** A JSON Schema, as far as this file looks into it. */
interface Schema {
  readonly [keyword: string]: unknown;
}

/** Schema of one kind and version. */
interface KindSchema {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly schema: Schema;
}

/** The file names that kubeconform is told to look for; of the core group it says `v1` for the group too. */
export const SCHEMA_FILE_TEMPLATE = "{{ .Group }}_{{ .ResourceAPIVersion }}_{{ .ResourceKind }}.json";

/**
 * Writes strict schemas, one file per kind: those of Kubernetes itself from its published API description, the others
 * from custom resource definitions.
 * @param apiDescription - `swagger.json` of a Kubernetes release.
 * @param crdFolders - Folders with definitions.
 */
export async function writeSchemas(
  folder: string,
  apiDescription: string,
  crdFolders: readonly string[],
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const description: unknown = JSON.parse(await readFile(apiDescription, "utf8"));
  const definitions = isRecord(description) && isRecord(description.definitions) ? description.definitions : {};
  const crds = (await Promise.all(crdFolders.map(readCrds))).flat();
  const all = [...builtInSchemas(definitions), ...crds.flatMap(({ spec }) => customSchemas(spec))];
  await Promise.all(
    all.map(({ group, version, kind, schema }) =>
      writeFile(
        join(folder, `${group === "" ? version : group}_${version}_${kind.toLowerCase()}.json`),
        JSON.stringify(schema),
      ),
    ),
  );
}

/** Schemas of the kinds in an API description; each holds the definitions it refers to. */
export function builtInSchemas(definitions: Readonly<Record<string, unknown>>): readonly KindSchema[] {
  const strictDefinitions = Object.fromEntries(
    Object.entries(definitions).map(([name, schema]) => [name, strict(schema, name)]),
  );
  return Object.entries(definitions).flatMap(([name, definition]) => {
    const kinds: unknown = isRecord(definition) ? definition["x-kubernetes-group-version-kind"] : undefined;
    if (!Array.isArray(kinds) || kinds.length !== 1) return [];
    const { group = "", version = "", kind = "" }: { group?: string; version?: string; kind?: string } = kinds[0] ?? {};
    const needed = reachable(name, strictDefinitions);
    return [
      {
        group,
        version,
        kind,
        schema: {
          $ref: `#/definitions/${name}`,
          definitions: Object.fromEntries([...needed].map((key) => [key, strictDefinitions[key]])),
        },
      },
    ];
  });
}

function customSchemas(spec: unknown): readonly KindSchema[] {
  if (!isRecord(spec) || !isRecord(spec.names) || !Array.isArray(spec.versions)) return [];
  const group = String(spec.group);
  const kind = String(spec.names.kind);
  return spec.versions.map((version: { name: string; schema?: { openAPIV3Schema?: unknown } }) => {
    const schema = strict(version.schema?.openAPIV3Schema ?? {}, "");
    // A definition leaves these to the server.
    const own = isRecord(schema.properties) ? schema.properties : {};
    return {
      group,
      version: version.name,
      kind,
      schema: {
        ...schema,
        properties: { apiVersion: { type: "string" }, kind: { type: "string" }, metadata: { type: "object" }, ...own },
      },
    };
  });
}

/** Refuses what a schema does not name, and says in JSON Schema what Kubernetes says in extensions. */
function strict(value: unknown, name: string): Schema {
  if (!isRecord(value)) return {};
  if (value["x-kubernetes-int-or-string"] === true || value.format === "int-or-string")
    return { type: ["string", "integer"] };
  if (name.endsWith(".api.resource.Quantity")) return { type: ["string", "number"] };
  const { properties, items, additionalProperties, ...rest } = value;
  const open = rest["x-kubernetes-preserve-unknown-fields"] === true || rest["x-kubernetes-embedded-resource"] === true;
  const schema: Record<string, unknown> = { ...rest };
  if (isRecord(properties)) {
    schema.properties = Object.fromEntries(
      Object.entries(properties).map(([key, property]) => [key, strict(property, "")]),
    );
    if (additionalProperties === undefined && !open) schema.additionalProperties = false;
  }
  if (isRecord(items)) schema.items = strict(items, "");
  if (additionalProperties !== undefined)
    schema.additionalProperties = isRecord(additionalProperties)
      ? strict(additionalProperties, "")
      : additionalProperties;
  // `oneOf` and its kin state what must be there; they do not close the object.
  return schema;
}

function reachable(name: string, definitions: Readonly<Record<string, Schema>>): ReadonlySet<string> {
  const found = new Set<string>();
  const queue = [name];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    for (const [, target] of JSON.stringify(definitions[next] ?? {}).matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g)) {
      if (target !== undefined) queue.push(target);
    }
  }
  return found;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
