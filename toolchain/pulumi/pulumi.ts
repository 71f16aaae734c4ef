import { chmod, copyFile, mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

import { type ArtefactRecipe, findArtefact, makeArtefact } from "../making/cache.ts";
import { buildGo, findGo, type Go, type GoBuild, goBuildInputs, moduleFolder, WRAPPERS } from "../making/go.ts";
import { goMissing } from "../making/go-artefact.ts";
import { findOnPath, isExecutable, probeVersion } from "../making/probe.ts";
import { isAtLeast } from "../making/versioning.ts";
import { MINIMUM, PINNED } from "../versions.ts";
import { downloadPulumi } from "./pulumi-downloads.ts";

/** The CLI and the language host that runs Node.js programs. The engine looks for the host on the search path. */
export interface PulumiCli {
  binary: string;
  languageHost: string;
  version: string;
  origin: "installed" | "downloaded" | "built";
}

const CLI: GoBuild = {
  wrapper: join(WRAPPERS, "pulumi"),
  package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
  variables: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${PINNED.pulumi}` },
};
const LANGUAGE_HOST: GoBuild = {
  wrapper: join(WRAPPERS, "pulumi-language-nodejs"),
  package: "github.com/pulumi/pulumi/sdk/nodejs/cmd/pulumi-language-nodejs/v3",
  variables: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${PINNED.pulumiLanguageNodejs}` },
};

/**
 * Returns the installed CLI if it is recent enough and has its language host beside it, otherwise the prepared one,
 * otherwise undefined.
 */
export async function findPulumi(): Promise<PulumiCli | undefined> {
  return (await findInstalled()) ?? (await findPrepared());
}

/** Downloads the CLI, or builds it if the download fails. It does nothing if one exists. */
export async function preparePulumi(onLine: (line: string) => void): Promise<void> {
  if ((await findPulumi()) !== undefined) return;
  try {
    await makeArtefact(downloadRecipe(), async (folder) => {
      if (!(await downloadPulumi(folder))) throw new DownloadUnavailable();
      return { origin: "downloaded" };
    });
  } catch (error) {
    if (!(error instanceof DownloadUnavailable)) throw error;
    await buildCli(onLine);
  }
}

/** Builds both binaries into one folder, because the engine warns about a language host that is not beside it. */
async function buildCli(onLine: (line: string) => void): Promise<void> {
  const go = await findGo();
  if (go === undefined) throw goMissing("The Pulumi CLI", MINIMUM.go);
  await makeArtefact(await cliRecipe(go), async (folder) => {
    await mkdir(join(folder, "bin"));
    await buildGo(CLI, go, join(folder, "bin", "pulumi"), onLine);
    await buildGo(LANGUAGE_HOST, go, join(folder, "bin", "pulumi-language-nodejs"), onLine);
    await addShim(folder, go);
    return { origin: "built" };
  });
}

class DownloadUnavailable extends Error {}

function downloadRecipe(): ArtefactRecipe {
  return {
    name: "pulumi-download",
    version: PINNED.pulumi,
    inputs: { version: PINNED.pulumi, platform: `${process.platform}-${process.arch}` },
  };
}

async function findInstalled(): Promise<PulumiCli | undefined> {
  for (const binary of [await findOnPath("pulumi"), join(homedir(), ".pulumi", "bin", "pulumi")]) {
    if (binary === undefined || !(await isExecutable(binary))) continue;
    const languageHost = join(dirname(binary), "pulumi-language-nodejs");
    if (!(await isExecutable(languageHost))) continue;
    const version = await probeVersion(binary, ["version"]);
    if (version !== undefined && isAtLeast(version, MINIMUM.pulumi))
      return { binary, languageHost, version, origin: "installed" };
  }
  return undefined;
}

async function findPrepared(): Promise<PulumiCli | undefined> {
  const download = await findArtefact(downloadRecipe());
  if (download !== undefined) {
    const bin = join(download.folder, "bin");
    return {
      binary: join(bin, "pulumi"),
      languageHost: join(bin, "pulumi-language-nodejs"),
      version: PINNED.pulumi,
      origin: "downloaded",
    };
  }
  const go = await findGo();
  const built = go === undefined ? undefined : await findArtefact(await cliRecipe(go));
  if (built === undefined) return undefined;
  const bin = join(built.folder, "bin");
  return {
    binary: join(bin, "pulumi"),
    languageHost: join(bin, "pulumi-language-nodejs"),
    version: PINNED.pulumi,
    origin: "built",
  };
}

async function cliRecipe(go: Go): Promise<ArtefactRecipe> {
  const [cli, host] = await Promise.all([goBuildInputs(CLI, go), goBuildInputs(LANGUAGE_HOST, go)]);
  return { name: "pulumi", version: PINNED.pulumi, inputs: { cli: JSON.stringify(cli), host: JSON.stringify(host) } };
}

/** Adds a script of the SDK that starts dynamic providers. It must be beside the language host. */
async function addShim(folder: string, go: Go): Promise<void> {
  const module = await moduleFolder(LANGUAGE_HOST.wrapper, "github.com/pulumi/pulumi/sdk/v3", go);
  const shim = join(folder, "bin", "pulumi-resource-pulumi-nodejs");
  await copyFile(join(module, "nodejs", "dist", "pulumi-resource-pulumi-nodejs"), shim);
  await chmod(shim, 0o755);
}
