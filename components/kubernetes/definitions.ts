import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import type { Manifest } from "./manifest.ts";

/**
 * Reads a folder of resource definitions (CRDs), in order of file name.
 * @throws {Error} with the file's name, if a file holds anything else.
 */
export async function readDefinitions(folder: string): Promise<Manifest[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(".yaml")).sort();
  return Promise.all(
    files.map(async (file) => {
      const definition: unknown = parse(await readFile(join(folder, file), "utf8"));
      if (!isDefinition(definition))
        throw new Error(
          `${join(folder, file)} is no CustomResourceDefinition; \`npx kit doctor --fix\` rebuilds the folder.`,
        );
      return withoutEmptyProperties(definition);
    }),
  );
}

/**
 * Removes empty `properties` of a schema. The API server does not store them, so each run would add them again. They
 * have the same meaning as their absence.
 */
function withoutEmptyProperties<T>(value: T): T {
  return JSON.parse(
    JSON.stringify(value, (key, inner: unknown) =>
      key === "properties" && typeof inner === "object" && inner !== null && Object.keys(inner).length === 0
        ? undefined
        : inner,
    ),
  );
}

function isDefinition(value: unknown): value is Manifest {
  return (
    typeof value === "object" &&
    value !== null &&
    "kind" in value &&
    value.kind === "CustomResourceDefinition" &&
    "spec" in value
  );
}
