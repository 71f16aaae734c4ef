import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { replaceLink } from "../components/machine/durable-file.ts";
import { type Artefact, type ArtefactRecipe, cacheDirectory, findArtefact, makeArtefact } from "./making/cache.ts";
import { runChecked } from "./making/command.ts";
import { currentPlatform, nodePackage, nodeVersion } from "./making/platform.ts";
import { findOnPath, probeVersion } from "./making/probe.ts";
import { isAtLeast } from "./making/versioning.ts";
import { MINIMUM } from "./versions.ts";

/** A Node that can run the project. */
export interface Node {
  binary: string;
  version: string;
  origin: "installed" | "cache";
}

/**
 * Returns the running Node if it is recent enough, otherwise the one on the search path, otherwise the one in the
 * cache, otherwise undefined.
 */
export async function findNode(): Promise<Node | undefined> {
  if (isAtLeast(process.versions.node, MINIMUM.node)) {
    const fromCache = process.execPath.startsWith(join(cacheDirectory(), "/"));
    return { binary: process.execPath, version: process.versions.node, origin: fromCache ? "cache" : "installed" };
  }
  const onPath = await findOnPath("node");
  const version = onPath === undefined ? undefined : await probeVersion(onPath, ["--version"]);
  if (onPath !== undefined && version !== undefined && isAtLeast(version, MINIMUM.node)) {
    return { binary: onPath, version, origin: "installed" };
  }
  const artefact = await findArtefact(recipe());
  return artefact === undefined
    ? undefined
    : { binary: nodeBinary(artefact), version: artefact.version, origin: "cache" };
}

/** Installs the npm package with a complete Node in the cache, unless a suitable Node exists. */
export async function prepareNode(): Promise<void> {
  if ((await findNode()) !== undefined) return;
  const platform = currentPlatform();
  const packageName = nodePackage(platform);
  await makeArtefact(recipe(), async (folder) => {
    await runChecked("npm", [
      "install",
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
      "--prefix",
      folder,
      `${packageName}@${nodeVersion(platform)}`,
    ]);
    return { origin: "downloaded" };
  });
}

/** Points `<cache>/node24` at the binary, for scripts that need a fixed path. */
export async function linkNode(binary: string): Promise<void> {
  const link = join(cacheDirectory(), "node24");
  await mkdir(cacheDirectory(), { recursive: true });
  await replaceLink(link, binary);
}

function nodeBinary(artefact: Artefact): string {
  return join(artefact.folder, "node_modules", nodePackage(currentPlatform()), "bin", "node");
}

/** Returns the recipe. cli/kit.mjs has the same one, because it must find its Node before any TypeScript runs. */
function recipe(): ArtefactRecipe {
  const platform = currentPlatform();
  const version = nodeVersion(platform);
  return { name: "node", version, inputs: { package: nodePackage(platform), version } };
}
