import { join } from "node:path";
import { ToolchainError } from "../../toolchain/errors.ts";
import { type ArtefactRecipe, findArtefact, makeArtefact } from "../../toolchain/making/cache.ts";
import { findOnPath, isExecutable, probeVersion } from "../../toolchain/making/probe.ts";
import { debianRecipe, demandDebian, unpackDebian } from "./debian-packages.ts";

/** Prometheus' own test tool for rules. */
export interface Promtool {
  readonly version: string;
  readonly origin: "installed" | "downloaded";
  readonly path: string;
}

/** Debian's package; promtool is linked statically. */
const PACKAGES = ["prometheus"] as const;

/** The installed promtool, else the one in the cache; undefined if there is neither. Never prepares it. */
export async function findPromtool(): Promise<Promtool | undefined> {
  const installed = await findOnPath("promtool");
  if (installed !== undefined) return { version: await versionOf(installed), origin: "installed", path: installed };
  const source = await recipe();
  const artefact = source && (await findArtefact(source));
  if (artefact === undefined) return undefined;
  const path = programIn(artefact.folder);
  return { version: artefact.facts.promtool ?? "unknown", origin: "downloaded", path };
}

/**
 * Unpacks the distribution's package into the cache, where nothing is installed.
 *
 * @throws ToolchainError UNSUPPORTED_PLATFORM where there is no apt-get; COMMAND_FAILED, COMMAND_TIMED_OUT; BUILD_INCOMPLETE.
 */
export async function preparePromtool(onLine: (line: string) => void): Promise<void> {
  if ((await findPromtool()) !== undefined) return;
  const source = await demandDebian(await recipe(), "promtool", "Install Prometheus");
  await makeArtefact(source, async (folder) => {
    await unpackDebian(PACKAGES, folder, onLine);
    if (!(await isExecutable(programIn(folder))))
      throw new ToolchainError(
        "BUILD_INCOMPLETE",
        `The package ${PACKAGES.join(", ")} does not hold promtool.`,
        "Install Prometheus.",
      );
    return { origin: "downloaded", facts: { promtool: await versionOf(programIn(folder)) } };
  });
}

const programIn = (folder: string): string => join(folder, "usr", "bin", "promtool");

async function versionOf(program: string): Promise<string> {
  return (await probeVersion(program, ["--version"])) ?? "unknown";
}

function recipe(): Promise<ArtefactRecipe | undefined> {
  return debianRecipe("promtool", PACKAGES);
}
