import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

import { replaceLink } from "../../components/machine/durable-file.ts";
import { type ArtefactRecipe, artefactKey, cacheDirectory, findArtefact, makeArtefact } from "../making/cache.ts";
import { type GoBuild, WRAPPERS } from "../making/go.ts";
import { findGoArtefact, type GoArtefact, makeGoArtefact } from "../making/go-artefact.ts";
import { isExecutable } from "../making/probe.ts";
import { PINNED } from "../versions.ts";
import { findPulumi } from "./pulumi.ts";
import { downloadPlugin } from "./pulumi-downloads.ts";

/** A resource plugin that the project uses. */
export type PluginName = "kafka" | "postgresql" | "kubernetes";

/** Location of a plugin. */
export interface Plugin {
  name: PluginName;
  version: string;
  binary: string;
  origin: "installed" | "downloaded" | "built";
}

const VERSIONS: Record<PluginName, string> = {
  kafka: PINNED.pulumiKafka,
  postgresql: PINNED.pulumiPostgresql,
  kubernetes: PINNED.pulumiKubernetes,
};

/** Returns the version of a plugin that matches the npm SDK in package.json. */
export function pluginVersion(name: PluginName): string {
  return VERSIONS[name];
}

/**
 * Returns the user's own plugin of exactly this version, otherwise the downloaded one, otherwise the locally built one,
 * otherwise undefined.
 */
export async function findPlugin(name: PluginName): Promise<Plugin | undefined> {
  return (await findPublishedPlugin(name)) ?? (await findBuiltPlugin(name));
}

async function findPublishedPlugin(name: PluginName): Promise<Plugin | undefined> {
  const version = VERSIONS[name];
  const installed = join(homedir(), ".pulumi", "plugins", `resource-${name}-v${version}`, `pulumi-resource-${name}`);
  if (await isExecutable(installed)) return { name, version, binary: installed, origin: "installed" };
  const download = await findArtefact(downloadRecipe(name));
  return download === undefined
    ? undefined
    : { name, version, binary: downloadedBinary(download.folder, name), origin: "downloaded" };
}

async function findBuiltPlugin(name: PluginName): Promise<Plugin | undefined> {
  const version = VERSIONS[name];
  const built = await findGoArtefact(builtPlugin(name));
  return built === undefined
    ? undefined
    : { name, version, binary: join(built, `pulumi-resource-${name}`), origin: "built" };
}

/** Downloads a plugin, or builds it if the download fails. It does nothing if the plugin exists. */
export async function preparePlugin(name: PluginName, onLine: (line: string) => void): Promise<void> {
  if ((await findPlugin(name)) !== undefined) return;
  const pulumi = await findPulumi();
  if (pulumi !== undefined && (await download(name, pulumi.binary))) return;
  await makeGoArtefact(builtPlugin(name), onLine);
}

/**
 * Returns the engine's home folder. It links every plugin that was found into the folder where the engine looks for it
 * (`plugins/resource-NAME-vVERSION/pulumi-resource-NAME`). The home is the kit's own and leaves the user's `~/.pulumi`
 * unchanged. Clones that found other plugins have another home, so that no clone uses the plugins of another.
 */
export async function refreshPulumiHome(names: readonly PluginName[]): Promise<string> {
  const plugins = (await Promise.all(names.map(findPlugin))).filter((plugin) => plugin !== undefined);
  const home = join(
    cacheDirectory(),
    "pulumi-home",
    artefactKey(Object.fromEntries(plugins.map(({ name, binary }) => [name, binary]))),
  );
  for (const plugin of plugins) {
    // The engine lists only real folders, so the folder is real and its binary a link.
    const folder = join(home, "plugins", `resource-${plugin.name}-v${plugin.version}`);
    await mkdir(folder, { recursive: true });
    await replaceLink(join(folder, `pulumi-resource-${plugin.name}`), plugin.binary);
  }
  return home;
}

async function download(name: PluginName, pulumi: string): Promise<boolean> {
  try {
    await makeArtefact(downloadRecipe(name), async (folder) => {
      if (!(await downloadPlugin(pulumi, folder, name, VERSIONS[name]))) throw new DownloadUnavailable();
      return { origin: "downloaded" };
    });
    return true;
  } catch (error) {
    if (error instanceof DownloadUnavailable) return false;
    throw error;
  }
}

class DownloadUnavailable extends Error {}

function downloadedBinary(folder: string, name: PluginName): string {
  return join(folder, "plugins", `resource-${name}-v${VERSIONS[name]}`, `pulumi-resource-${name}`);
}

function downloadRecipe(name: PluginName): ArtefactRecipe {
  return {
    name: `plugin-${name}-download`,
    version: VERSIONS[name],
    inputs: { version: VERSIONS[name], platform: `${process.platform}-${process.arch}` },
  };
}

function builtPlugin(name: PluginName): GoArtefact {
  return {
    name: `pulumi-resource-${name}`,
    version: VERSIONS[name],
    binaries: { [`pulumi-resource-${name}`]: build(name) },
  };
}

function build(name: PluginName): GoBuild {
  if (name === "kafka") return { wrapper: join(WRAPPERS, "pulumi-resource-kafka"), package: "." };
  if (name === "postgresql") return { wrapper: join(WRAPPERS, "pulumi-resource-postgresql"), package: "." };
  return {
    wrapper: join(WRAPPERS, "pulumi-resource-kubernetes"),
    package: ".",
    variables: { "github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version.Version": PINNED.pulumiKubernetes },
    embed: {
      module: "github.com/pulumi/pulumi-kubernetes/provider/v4",
      folder: "cmd/pulumi-resource-kubernetes",
      files: ["schema.json", "terraform-mapping.json"],
      // The schema in the repository has no version, but the engine asks the plugin for one.
      transform: (file, text) =>
        file === "schema.json"
          ? JSON.stringify({ ...(JSON.parse(text) as object), version: PINNED.pulumiKubernetes })
          : text,
    },
  };
}
