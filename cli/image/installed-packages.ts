/** Packages of an image, taken from where `npm ci` put them: the same versions that the tests ran with. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { folderFiles } from "./layer.ts";
import type { LayerFile } from "./layer.ts";

const lockFile = z.object({ packages: z.record(z.string(), z.object({ version: z.string().optional(), integrity: z.string().optional(), optional: z.boolean().optional() })) });

/** npm's own record of what stands in `node_modules`: https://docs.npmjs.com/cli/v11/configuring-npm/folders */
const RECORD = "node_modules/.package-lock.json";

/**
 * Files of the packages in a lock file.
 * @param lock - Lock file of the image: a part of the project's.
 * @throws {Error} naming a package that is not installed, or in another version than the lock file says.
 */
export async function installedPackages(project: string, lock: string, prefix: string): Promise<LayerFile[]> {
  const wanted = lockFile.parse(JSON.parse(await readFile(lock, "utf8")));
  const present = lockFile.parse(JSON.parse(await readFile(join(project, RECORD), "utf8")));
  const places = Object.keys(wanted.packages).filter((place) => place !== "").sort();
  const files = await Promise.all(
    places.map(async (place) => {
      const expected = wanted.packages[place];
      const actual = present.packages[place];
      // Made for another operating system or processor.
      if (actual === undefined && expected?.optional === true) return [];
      if (actual === undefined || !existsSync(join(project, place))) throw new Error(`${place} is not installed`);
      if (actual.version !== expected?.version || actual.integrity !== expected?.integrity) throw new Error(`${place} is installed in version ${actual.version ?? "unknown"}, package-lock.json has ${expected?.version ?? "none"}`);
      return await folderFiles(join(project, place), `${prefix}/${place}`, (name) => name === "node_modules");
    }),
  );
  return files.flat();
}
