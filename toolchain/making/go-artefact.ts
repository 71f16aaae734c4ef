import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { ToolchainError } from "../errors.ts";
import { MINIMUM } from "../versions.ts";
import { type ArtefactRecipe, findArtefact, makeArtefact } from "./cache.ts";
import { buildGo, findGo, type Go, type GoBuild, goBuildInputs } from "./go.ts";
import { isExecutable } from "./probe.ts";

/** Binaries of wrapper modules in one folder of the cache. */
export interface GoArtefact {
  /** Name in the cache. */
  name: string;
  version: string;
  /** How each binary is built, by its file name in the artefact's folder. */
  binaries: Record<string, GoBuild>;
  /** Minimum version of Go. Default: the version that the Pulumi CLI requires. */
  minimumGo?: string;
}

/** Returns the folder of a built artefact; undefined if it does not exist. It never builds. */
export async function findGoArtefact(artefact: GoArtefact): Promise<string | undefined> {
  const go = await findGo(artefact.minimumGo);
  if (go === undefined) return undefined;
  return (await findArtefact(await recipe(artefact, go)))?.folder;
}

/**
 * Builds the binaries into an artefact of their own, unless it exists.
 *
 * @returns Folder of the artefact.
 * @throws ToolchainError TOOL_MISSING without a recent enough Go, COMMAND_FAILED, COMMAND_TIMED_OUT, BUILD_INCOMPLETE.
 */
export async function makeGoArtefact(artefact: GoArtefact, onLine: (line: string) => void): Promise<string> {
  const go = await findGo(artefact.minimumGo);
  if (go === undefined) throw goMissing(artefact.name, artefact.minimumGo ?? MINIMUM.go);
  const made = await makeArtefact(await recipe(artefact, go), async (folder) => {
    await mkdir(folder, { recursive: true });
    for (const [file, build] of Object.entries(artefact.binaries)) {
      const binary = join(folder, file);
      await buildGo(build, go, binary, onLine);
      if (!(await isExecutable(binary))) {
        throw new ToolchainError(
          "BUILD_INCOMPLETE",
          `The build of ${artefact.name} left no ${file}.`,
          "Run `go clean -cache` and repeat.",
        );
      }
    }
    return { origin: "built" };
  });
  return made.folder;
}

/** Returns the error for a machine that must build something and has no Go. */
export function goMissing(what: string, minimum: string): ToolchainError {
  return new ToolchainError(
    "TOOL_MISSING",
    `${what} is neither installed nor downloadable here, and building it wants Go >= ${minimum}, which was not found.`,
    what.toLowerCase().includes("pulumi")
      ? "Install the Pulumi CLI (https://www.pulumi.com/docs/install/), or Go (https://go.dev/doc/install), and repeat."
      : "Install Go (https://go.dev/doc/install) and repeat.",
  );
}

async function recipe(artefact: GoArtefact, go: Go): Promise<ArtefactRecipe> {
  const builds = Object.entries(artefact.binaries);
  const [only] = builds;
  // The key of an artefact with one binary is the key of its build.
  const inputs =
    builds.length === 1 && only !== undefined
      ? await goBuildInputs(only[1], go)
      : Object.fromEntries(
          await Promise.all(
            builds.map(async ([file, build]) => [file, JSON.stringify(await goBuildInputs(build, go))] as const),
          ),
        );
  return { name: artefact.name, version: artefact.version, inputs: { version: artefact.version, ...inputs } };
}
