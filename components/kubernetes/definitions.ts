import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import type { Manifest } from "./manifest.ts";

/**
 * Reads a folder of resource definitions (CRDs), in order of file name.
 * @throws {Error} naming the file, when one holds something else.
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
 * The server keeps no empty `properties` of a schema: written, each run would want to add them again. They mean what their absence
 * means.
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
