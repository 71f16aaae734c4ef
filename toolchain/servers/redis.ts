import { chmod, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";

import { type ArtefactRecipe, findArtefact, makeArtefact } from "../making/cache.ts";
import { runChecked } from "../making/command.ts";
import { copyMavenArtefact } from "../making/maven.ts";
import { currentPlatform } from "../making/platform.ts";
import { findOnPath, isExecutable, probeVersion } from "../making/probe.ts";
import { isAtLeast, parseVersion } from "../making/versioning.ts";
import { MINIMUM, PINNED } from "../versions.ts";
import { findJava } from "./java.ts";

/** A Redis server. */
export interface Redis {
  server: string;
  version: string;
  /** Whether it was built with TLS. */
  tls: boolean;
  origin: "installed" | "downloaded";
}

const TLS = "tls";
const PLAIN = "plain";

/** Returns the installed server if it is recent enough, otherwise the prepared one, otherwise undefined. */
export async function findRedis(): Promise<Redis | undefined> {
  for (const server of [
    await findOnPath("redis-server"),
    "/opt/homebrew/bin/redis-server",
    "/usr/local/bin/redis-server",
  ]) {
    if (server === undefined || !(await isExecutable(server))) continue;
    const version = await probeVersion(server, ["--version"], (output) =>
      parseVersion(/v=([\d.]+)/.exec(output)?.[1] ?? ""),
    );
    if (version === undefined || !isAtLeast(version, MINIMUM.redis)) continue;
    return { server, version, tls: await knowsTls(server), origin: "installed" };
  }
  const artefact = await findArtefact(recipe());
  if (artefact === undefined) return undefined;
  return {
    server: join(artefact.folder, "redis-server"),
    version: PINNED.redis,
    tls: artefact.facts.transport === TLS,
    origin: "downloaded",
  };
}

/** Extracts the server from a Maven artefact that contains one per platform. */
export async function prepareRedis(): Promise<void> {
  if ((await findRedis()) !== undefined) return;
  await makeArtefact(recipe(), async (folder) => {
    await copyMavenArtefact(`org.signal:embedded-redis:${PINNED.embeddedRedis}`, folder);
    const jar = join(folder, `embedded-redis-${PINNED.embeddedRedis}.jar`);
    const server = join(folder, "redis-server");
    await extract(jar, binaryName(), folder);
    await rename(join(folder, binaryName()), server);
    await chmod(server, 0o755);
    await rm(jar);
    return { origin: "downloaded", facts: { transport: (await knowsTls(server)) ? TLS : PLAIN } };
  });
}

/** Extracts an entry of an archive with the JDK, which the platform needs anyway. Not every machine has `unzip`. */
async function extract(jar: string, entry: string, folder: string): Promise<void> {
  const unzip = await findOnPath("unzip");
  if (unzip !== undefined) await runChecked(unzip, ["-q", "-o", jar, entry, "-d", folder]);
  else
    await runChecked(join((await findJava())?.home ?? "", "bin", "jar"), ["--extract", "--file", jar, entry], {
      cwd: folder,
    });
}

/**
 * Returns whether a server supports TLS. The binary contains the names of all its settings, and a server without TLS
 * lacks the name of this one.
 */
async function knowsTls(server: string): Promise<boolean> {
  return (await readFile(server)).includes("No tls-key-file configured");
}

function binaryName(): string {
  const { os, arch } = currentPlatform();
  return `redis-server-${PINNED.redis}-${os}-${arch === "x64" ? "amd64" : arch}`;
}

function recipe(): ArtefactRecipe {
  return { name: "redis", version: PINNED.redis, inputs: { jar: PINNED.embeddedRedis, binary: binaryName() } };
}
