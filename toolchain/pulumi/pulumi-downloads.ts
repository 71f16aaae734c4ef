import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { ToolchainError } from "../errors.ts";
import { runChecked } from "../making/command.ts";
import { currentPlatform } from "../making/platform.ts";
import { downloadsReachable, rememberUnreachable } from "../making/reachability.ts";
import { PINNED } from "../versions.ts";

const DOWNLOAD_LIMIT_MS = 10 * 60_000;

/**
 * Downloads the official archive of the CLI with its language hosts and unpacks it into `<folder>/bin`. It checks the
 * archive against the release's list of checksums.
 *
 * @returns False if downloads are not reachable, so that the caller builds instead.
 * @throws ToolchainError BUILD_INCOMPLETE if the archive does not have the listed checksum.
 */
export async function downloadPulumi(folder: string): Promise<boolean> {
  if (!(await downloadsReachable())) return false;
  const { os, arch } = currentPlatform();
  const archiveName = `pulumi-v${PINNED.pulumi}-${os}-${arch}.tar.gz`;
  const archive = join(folder, archiveName);
  let expected: string | undefined;
  try {
    const list = await fetchOk(
      `https://github.com/pulumi/pulumi/releases/download/v${PINNED.pulumi}/pulumi-${PINNED.pulumi}-checksums.txt`,
    );
    expected = checksumOf(await list.text(), archiveName);
    const response = await fetchOk(`https://get.pulumi.com/releases/sdk/${archiveName}`);
    if (response.body === null) throw new Error("empty answer");
    await pipeline(Readable.fromWeb(response.body as ReadableStream), createWriteStream(archive));
  } catch {
    rememberUnreachable();
    return false;
  }
  const actual = await sha256(archive);
  if (actual !== expected) {
    throw new ToolchainError(
      "BUILD_INCOMPLETE",
      `${archiveName} has the checksum ${actual}; the release lists ${expected ?? "none for it"}.`,
      "Do not use it. Repeat; if it stays so, set KIT_NO_DOWNLOADS=1 to build from the module proxy instead.",
    );
  }
  await runChecked("tar", ["-xzf", archive, "-C", folder]);
  await runChecked("mv", [join(folder, "pulumi"), join(folder, "bin")]);
  await runChecked("rm", [archive]);
  return true;
}

/**
 * Lets the CLI download a resource plugin into `<home>/plugins`.
 *
 * @returns False if the download fails.
 */
export async function downloadPlugin(pulumi: string, home: string, name: string, version: string): Promise<boolean> {
  if (!(await downloadsReachable())) return false;
  try {
    await runChecked(pulumi, ["plugin", "install", "resource", name, version, "--non-interactive"], {
      env: { PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: "1" },
      timeoutMs: DOWNLOAD_LIMIT_MS,
    });
    return true;
  } catch {
    rememberUnreachable();
    return false;
  }
}

/** Returns the checksum of a file in a list of lines `<hex>  <file name>`; undefined if the file is not listed. */
export function checksumOf(list: string, fileName: string): string | undefined {
  for (const line of list.split("\n")) {
    const [checksum, name] = line.trim().split(/\s+\*?/);
    if (name === fileName) return checksum;
  }
  return undefined;
}

async function fetchOk(url: string): Promise<Response> {
  const response = await fetch(url, { signal: AbortSignal.timeout(DOWNLOAD_LIMIT_MS) });
  if (!response.ok) throw new Error(`${url}: HTTP ${response.status}`);
  return response;
}

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
