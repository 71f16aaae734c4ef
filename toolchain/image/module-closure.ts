/**
 * What a program needs to run: the files it imports, and the packages they import. An image holds these and nothing
 * else. Runs inside an image's build, before any package is installed: it uses Node alone.
 */
import { stripTypeScriptTypes } from "node:module";
import { posix } from "node:path";

/** Files and packages of a program. */
export interface ModuleClosure {
  /** Paths relative to the project's root, sorted. */
  readonly files: readonly string[];
  /** Names of packages, each with the first file that imports it, sorted by name. */
  readonly packages: readonly { readonly name: string; readonly importedBy: string }[];
}

/** Statements that load a module, once types are gone: `import … from`, `export … from`, `import "…"`, `import("…")`. */
const LOADS = [
  /^\s*(?:import|export)\b[^"'`;]*?\bfrom\s*["']([^"']+)["']/gmu,
  /^\s*import\s*["']([^"']+)["']/gmu,
  /\bimport\(\s*["']([^"']+)["']/gu,
] as const;

/** Modules that a text loads, types left out, in order of appearance. */
export function loadedModules(text: string): readonly string[] {
  const code = stripTypeScriptTypes(text);
  return [
    ...new Set(LOADS.flatMap((pattern) => [...code.matchAll(pattern)].flatMap(([, specifier]) => specifier ?? []))),
  ];
}

/** Name of the package in a specifier: `@fastify/rate-limit`, `pg` for `pg/lib/client`. */
export function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/**
 * Follows every import from some files on.
 * @param entries - Paths relative to the project's root, with forward slashes.
 * @throws whatever `read` throws for a file that is not there, with the file that imports it.
 */
export function moduleClosure(entries: readonly string[], read: (path: string) => string): ModuleClosure {
  const seen = new Set<string>();
  const packages = new Map<string, string>();
  const visit = (path: string, importedBy: string | undefined): void => {
    if (seen.has(path)) return;
    seen.add(path);
    let text: string;
    try {
      text = read(path);
    } catch (error) {
      throw new Error(`${path} cannot be read${importedBy === undefined ? "" : `; ${importedBy} imports it`}.`, {
        cause: error,
      });
    }
    if (!path.endsWith(".ts")) return;
    for (const specifier of loadedModules(text)) {
      if (specifier.startsWith("node:")) continue;
      if (specifier.startsWith(".")) visit(posix.join(posix.dirname(path), specifier), path);
      else if (!packages.has(packageOf(specifier))) packages.set(packageOf(specifier), path);
    }
  };
  for (const entry of entries) visit(entry, undefined);
  return {
    files: [...seen].sort(),
    packages: [...packages]
      .map(([name, importedBy]) => ({ name, importedBy }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}
