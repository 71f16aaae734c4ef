import { readFile } from "node:fs/promises";
import { ToolchainError } from "../../toolchain/errors.ts";
import { type ArtefactRecipe, findArtefact, makeArtefact } from "../../toolchain/making/cache.ts";
import { runChecked, runCommand } from "../../toolchain/making/command.ts";
import { findOnPath, probeVersion } from "../../toolchain/making/probe.ts";
import { isAtLeast } from "../../toolchain/making/versioning.ts";
import { TEST_MINIMUM, TEST_PINNED } from "./versions.ts";

/** checkov and its packages, each in one version. */
const REQUIREMENTS = new URL("python/checkov.txt", import.meta.url);
const INSTALL_LIMIT_MS = 20 * 60_000;

/** How checkov is started. */
export interface Checkov {
  /** The interpreter. */
  readonly python: string;
  /** First arguments, before checkov's own. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Folder with the packages. */
  readonly folder: string;
}

/** checkov, when it is prepared for the Python on the search path. */
export async function findCheckov(): Promise<Checkov | undefined> {
  const found = await findPython();
  if (found === undefined) return undefined;
  const artefact = await findArtefact(await recipe(found.version));
  return artefact === undefined ? undefined : checkovIn(found.python, artefact.folder);
}

/**
 * Installs checkov into the cache, beside whatever else this machine's Python has.
 *
 * @throws ToolchainError TOOL_MISSING without a Python that has pip; COMMAND_FAILED, COMMAND_TIMED_OUT; BUILD_INCOMPLETE when it does not start.
 */
export async function prepareCheckov(onLine: (line: string) => void): Promise<void> {
  const found = await findPython();
  if (found === undefined) throw pythonMissing();
  const { python, version } = found;
  if ((await runCommand(python, ["-m", "pip", "--version"])).code !== 0) throw pythonMissing();
  await makeArtefact(await recipe(version), async (folder) => {
    await runChecked(
      python,
      [
        "-m",
        "pip",
        "install",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--disable-pip-version-check",
        "--no-input",
        "--no-compile",
        "--target",
        folder,
        "--requirement",
        REQUIREMENTS.pathname,
      ],
      { timeoutMs: INSTALL_LIMIT_MS, onLine },
    );
    const { args, env } = checkovIn(python, folder);
    const { stdout } = await runChecked(python, [...args, "--version"], { env });
    if (!stdout.includes(TEST_PINNED.checkov))
      throw new ToolchainError(
        "BUILD_INCOMPLETE",
        `checkov says its version is "${stdout.trim()}", not ${TEST_PINNED.checkov}.`,
        "Remove the cache folder and repeat.",
      );
    return { origin: "downloaded" };
  });
}

/** Why checkov cannot be prepared here, and what to do. */
export function pythonMissing(): ToolchainError {
  return new ToolchainError(
    "TOOL_MISSING",
    `checkov needs Python >= ${TEST_MINIMUM.python} with pip on PATH; only tests of rendered objects use it.`,
    "Install python3 and pip (Debian: apt install python3-pip), or do without: the other judges run without it.",
  );
}

async function findPython(): Promise<{ readonly python: string; readonly version: string } | undefined> {
  const python = await findOnPath("python3");
  const version = python === undefined ? undefined : await probeVersion(python, ["--version"]);
  return python !== undefined && version !== undefined && isAtLeast(version, TEST_MINIMUM.python)
    ? { python, version }
    : undefined;
}

function checkovIn(python: string, folder: string): Checkov {
  // Without the user's own packages, and nothing is written into the cache.
  return {
    python,
    args: ["-m", "checkov.main"],
    env: { PYTHONPATH: folder, PYTHONNOUSERSITE: "1", PYTHONDONTWRITEBYTECODE: "1" },
    folder,
  };
}

/** Compiled packages fit one minor version of Python. */
async function recipe(pythonVersion: string): Promise<ArtefactRecipe> {
  const [major, minor] = pythonVersion.split(".");
  return {
    name: "checkov",
    version: TEST_PINNED.checkov,
    inputs: {
      python: `${major ?? ""}.${minor ?? ""}`,
      requirements: await readFile(REQUIREMENTS, "utf8"),
      target: `${process.platform}-${process.arch}`,
    },
  };
}
