/** Rendered Kubernetes objects for `kit check`. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { compareText } from "../../components/model/problems/problem.ts";
import { ManifestSyntaxError, type PlacedManifest, parseManifests } from "../../policies/manifests.ts";
import { KitError } from "../errors.ts";

/** Custom resource definitions are by far the largest files, and no rule checks them. */
const definition = /^kind: CustomResourceDefinition$/m;

/**
 * Reads a file, or all `.yaml`, `.yml` and `.json` files below a folder, sorted by path.
 * @param shown - Turns a path into the form that findings show.
 * @throws KitError `KIT_CHECK_NO_MANIFESTS` when there is no object, `KIT_CHECK_MANIFEST_UNREADABLE` when a file is not YAML.
 */
export function readManifestFiles(path: string, shown: (absolute: string) => string): PlacedManifest[] {
  const absolute = resolve(path);
  const facts = statSync(absolute, { throwIfNoEntry: false });
  const files = facts?.isFile() === true ? [absolute] : facts?.isDirectory() === true ? filesBelow(absolute) : [];
  const manifests = files.flatMap((file) => {
    const text = readFileSync(file, "utf8");
    if (definition.test(text) && !text.includes("\n---")) return [];
    try {
      return parseManifests(shown(file), text);
    } catch (error) {
      if (error instanceof ManifestSyntaxError) throw new KitError("KIT_CHECK_MANIFEST_UNREADABLE", error.message);
      throw error;
    }
  });
  if (manifests.length === 0) throw new KitError("KIT_CHECK_NO_MANIFESTS", path);
  return manifests;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ya?ml|json)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort(compareText);
}
