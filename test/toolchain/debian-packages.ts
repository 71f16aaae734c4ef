/** Programs out of Debian's packages: unpacked into the cache, not installed. */
import { readFile } from "node:fs/promises";
import { ToolchainError } from "../../toolchain/errors.ts";
import type { ArtefactRecipe } from "../../toolchain/making/cache.ts";
import { runChecked } from "../../toolchain/making/command.ts";
import { findOnPath } from "../../toolchain/making/probe.ts";

/** Folders of libraries, by Node's name of the processor; other processors are not supported. */
export const MULTIARCH: Readonly<Record<string, string>> = { x64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" };

const DOWNLOAD_LIMIT_MS = 5 * 60_000;

/** Key of the unpacked packages: libraries fit one release of the distribution. Undefined on another system. */
export async function debianRecipe(name: string, packages: readonly string[]): Promise<ArtefactRecipe | undefined> {
  const release = await readFile("/etc/os-release", "utf8").catch(() => "");
  const distribution = /^ID=(.*)$/m.exec(release)?.[1];
  if (distribution === undefined || MULTIARCH[process.arch] === undefined) return undefined;
  return {
    name,
    version: "1.0.0",
    inputs: {
      distribution,
      release: /^VERSION_ID=(.*)$/m.exec(release)?.[1] ?? "",
      packages: packages.join(" "),
      target: `${process.platform}-${process.arch}`,
    },
  };
}

/** @throws ToolchainError UNSUPPORTED_PLATFORM where there is no apt-get. */
export async function demandDebian<T>(recipe: T | undefined, what: string, fix: string): Promise<T> {
  if (recipe === undefined || (await findOnPath("apt-get")) === undefined)
    throw new ToolchainError(
      "UNSUPPORTED_PLATFORM",
      `${what} can only be fetched on Debian and its kin (apt-get).`,
      `${fix}, or do without: the tests that need it are skipped.`,
    );
  return recipe;
}

/**
 * Downloads the distribution's packages into a folder and unpacks them there.
 *
 * @throws ToolchainError COMMAND_FAILED, COMMAND_TIMED_OUT.
 */
export async function unpackDebian(
  packages: readonly string[],
  folder: string,
  onLine: (line: string) => void,
): Promise<void> {
  const options = { cwd: folder, onLine, timeoutMs: DOWNLOAD_LIMIT_MS };
  // As root apt would download as a user who may not write here.
  await runChecked("apt-get", ["-o", "APT::Sandbox::User=root", "download", ...packages], options);
  await runChecked(
    "sh",
    ["-c", 'for package in *.deb; do dpkg-deb --extract "$package" . && rm "$package" || exit 1; done'],
    options,
  );
}
