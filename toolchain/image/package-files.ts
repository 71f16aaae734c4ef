/** Lists the files of a workspace package, by its manifest. It runs inside an image's build, so it uses only Node. */
import { globSync, statSync } from "node:fs";
import { join } from "node:path";

/** The used part of a package.json. */
export interface Manifest {
  readonly name: string;
  /** Files and folders of the package in npm's notation: paths or patterns. */
  readonly files?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
}

/**
 * Returns the paths below the package's folder, sorted: its package.json and the entries of `files`. npm would also
 * pack README and licence. They are left out, because no program reads them.
 * @param folder - Folder of the package.
 * @throws {Error} if it lists no files, or a pattern without a match.
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
