import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/**
 * Returns the fingerprint of source folders and files. The same text gives the same value on every machine. Tests and
 * documents are excluded, because they do not run.
 */
export function codeVersion(...paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of paths) {
    for (const file of sourceFiles(path)) {
      hash.update(relative(path, file)).update("\0").update(readFileSync(file)).update("\0");
    }
  }
  return hash.digest("hex").slice(0, 16);
}

function sourceFiles(path: string): string[] {
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(ts|json|avsc)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !relative(path, file).split("/").includes("test"))
    .sort();
}
