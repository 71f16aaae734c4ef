import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { ToolchainError } from "../errors.ts";
import { MINIMUM } from "../versions.ts";
import { type ArtefactRecipe, findArtefact, makeArtefact } from "./cache.ts";
import { buildGo, findGo, type Go, type GoBuild, goBuildInputs } from "./go.ts";
import { isExecutable } from "./probe.ts";

/** Binaries of wrapper modules that lie in one folder of the cache. */
export interface GoArtefact {
  /** Name in the cache. */
  name: string;
  version: string;
  /** File name in the artefact's folder -> how it is built. */
  binaries: Record<string, GoBuild>;
  /** The oldest Go that compiles it. Default: what the Pulumi CLI demands. */
  minimumGo?: string;
}

/** The folder of a built artefact, when it is there. Never builds. */
export async function findGoArtefact(artefact: GoArtefact): Promise<string | undefined> {
  const go = await findGo(artefact.minimumGo);
  if (go === undefined) return undefined;
  return (await findArtefact(await recipe(artefact, go)))?.folder;
}

/**
 * Builds the binaries into an artefact of their own, unless it is there.
 *
 * @returns the artefact's folder.
 * @throws ToolchainError TOOL_MISSING without a Go that is new enough, COMMAND_FAILED, COMMAND_TIMED_OUT, BUILD_INCOMPLETE.
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

/** The error for a machine without Go where something must be built. */
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
  // The key of an artefact of one binary is that of its build alone.
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
