/** The files that a workspace package consists of, by its manifest. Runs inside an image's build: it uses Node alone. */
import { globSync, statSync } from "node:fs";
import { join } from "node:path";

/** The part of a package.json that is read here. */
export interface Manifest {
  readonly name: string;
  /** Files and folders that belong to the package, as npm takes them: paths or patterns. */
  readonly files?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
}

/**
 * Paths below the package's folder, sorted: its package.json and what `files` lists. Of what npm would pack, README and
 * licence are left out, because no program reads them.
 * @param folder - The package's folder.
 * @throws {Error} when it lists no files, or a pattern that finds none.
 */
export function packageFiles(folder: string, manifest: Manifest): readonly string[] {
  if (manifest.files === undefined || manifest.files.length === 0)
    throw new Error(
      `${folder}/package.json lists no files; name there what belongs to the package, for example "src".`,
    );
  const found = manifest.files.flatMap((pattern) => {
    if (/^[!/]|(?:^|\/)\.\.(?:\/|$)/.test(pattern))
      throw new Error(
        `${folder}/package.json: files: ${JSON.stringify(pattern)} is no path or pattern below its folder.`,
      );
    const files = [pattern, `${pattern.replace(/\/$/, "")}/**`].flatMap((each) => filesOf(folder, each));
    if (files.length === 0)
      throw new Error(`${folder}/package.json: files: ${JSON.stringify(pattern)} finds nothing; mend the path.`);
    return files;
  });
  return [...new Set(["package.json", ...found])].sort();
}

function filesOf(folder: string, pattern: string): string[] {
  return globSync(pattern, { cwd: folder, exclude: (path) => path.split("/").includes("node_modules") }).filter(
    (path) => statSync(join(folder, path)).isFile(),
  );
}
