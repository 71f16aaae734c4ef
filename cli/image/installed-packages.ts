/** Packages of an image, copied from the result of `npm ci`: the same versions with which the tests ran. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import type { LayerFile } from "./layer.ts";
import { folderFiles } from "./layer.ts";

/** The part of a lock file that is read here. */
export type LockFile = z.output<typeof lockFile>;

const lockFile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      integrity: z.string().optional(),
      optional: z.boolean().optional(),
      link: z.boolean().optional(),
    }),
  ),
});

/** npm's own record of the content of `node_modules`: https://docs.npmjs.com/cli/v11/configuring-npm/folders */
const RECORD = "node_modules/.package-lock.json";

/** Reads a lock file. */
export async function readLock(file: string): Promise<LockFile> {
  return lockFile.parse(JSON.parse(await readFile(file, "utf8")));
}

/**
 * Files of the packages in a lock file that come from a registry; skips workspaces and the links to them.
 * @param wanted - Lock file of the image: a part of the project's.
 * @throws {Error} naming a package that is not installed, or whose version or content differs from the lock file.
 */
export async function installedPackages(project: string, wanted: LockFile, prefix: string): Promise<LayerFile[]> {
  const present = await readLock(join(project, RECORD));
  const places = Object.keys(wanted.packages)
    .filter((place) => place.startsWith("node_modules/") && wanted.packages[place]?.link !== true)
    .sort();
  const files = await Promise.all(
    places.map(async (place) => {
      const expected = wanted.packages[place];
      const actual = present.packages[place];
      // Built for another operating system or processor.
      if (actual === undefined && expected?.optional === true) return [];
      if (actual === undefined || !existsSync(join(project, place))) throw new Error(`${place} is not installed`);
      if (actual.version !== expected?.version)
        throw new Error(
          `${place} is installed in version ${actual.version ?? "unknown"}, package-lock.json has ${expected?.version ?? "none"}`,
        );
      if (actual.integrity !== expected?.integrity)
        throw new Error(`${place} was installed with other content than package-lock.json's integrity says`);
      // Packages nested below this one have their own entries; deeper folders with that name belong to this package.
      return await folderFiles(join(project, place), `${prefix}/${place}`, (path) => path === "node_modules");
    }),
  );
  return files.flat();
}
