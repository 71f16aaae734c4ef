import { copyFile, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { ToolchainError } from "../../toolchain/errors.ts";
import { type ArtefactRecipe, findArtefact, makeArtefact } from "../../toolchain/making/cache.ts";
import { downloadModule, findGo } from "../../toolchain/making/go.ts";
import { goMissing } from "../../toolchain/making/go-artefact.ts";
import { MINIMUM } from "../../toolchain/versions.ts";

/** Projects whose custom resource definitions lie in their Go modules. */
export type CrdModule = "cloudnative-pg" | "gateway-api" | "keda" | "prometheus-operator";

interface Source {
  module: string;
  version: string;
  /** Checksum of the module's archive as Go's checksum database states it. */
  sum: string;
  /** Where the definitions lie. */
  folder: string;
  /** Those among them that are wanted. Default: all. */
  files?: readonly string[];
}

const SOURCES: Record<CrdModule, Source> = {
  "cloudnative-pg": {
    module: "github.com/cloudnative-pg/cloudnative-pg",
    version: "v1.28.1",
    sum: "h1:HdOUWgFhta558uHfXeO/199qCApxaj5yi05x6nWNmgs=",
    folder: "config/crd/bases",
  },
  "gateway-api": {
    module: "sigs.k8s.io/gateway-api",
    version: "v1.6.3",
    sum: "h1:lKpJa5bGlraC/QeACvCpsHLdmO6y0iKfzVl6gzaFEYc=",
    folder: "config/crd/standard",
  },
  keda: {
    module: "github.com/kedacore/keda/v2",
    version: "v2.20.2",
    sum: "h1:SR60v8uIcelbveS8n/1jcl8tLdBBIbHMxmdOHw8tKqA=",
    folder: "config/crd/bases",
  },
  "prometheus-operator": {
    module: "github.com/prometheus-operator/prometheus-operator",
    version: "v0.86.1",
    sum: "h1:pHUuiRErcFb3nFDox7RxoxpEN0FyT24GtYOkr2GBu04=",
    folder: "example/prometheus-operator-crd",
    files: [
      "monitoring.coreos.com_alertmanagerconfigs.yaml",
      "monitoring.coreos.com_podmonitors.yaml",
      "monitoring.coreos.com_prometheusrules.yaml",
      "monitoring.coreos.com_servicemonitors.yaml",
    ],
  },
};

/** All of them. */
export const CRD_MODULES: readonly CrdModule[] = ["cloudnative-pg", "gateway-api", "keda", "prometheus-operator"];

/** The folder with a project's definitions, or undefined when they are not prepared. */
export async function findModuleCrds(name: CrdModule): Promise<string | undefined> {
  return (await findArtefact(recipe(name)))?.folder;
}

/**
 * The folder with a project's custom resource definitions as YAML files; fetched once, kept in the cache.
 *
 * @throws ToolchainError TOOL_MISSING without Go, COMMAND_FAILED, BUILD_INCOMPLETE when the archive is not the pinned one.
 */
export async function locateModuleCrds(
  name: CrdModule,
  onLine: (line: string) => void = () => undefined,
): Promise<string> {
  const source = SOURCES[name];
  const artefact = await makeArtefact(recipe(name), async (folder) => {
    const go = await findGo();
    if (go === undefined) throw goMissing(`The definitions of ${name}`, MINIMUM.go);
    onLine(`fetching ${source.module} ${source.version}`);
    const { dir, sum } = await downloadModule(source.module, source.version, folder, go);
    if (sum !== source.sum) {
      throw new ToolchainError(
        "BUILD_INCOMPLETE",
        `${source.module} ${source.version} has the checksum ${sum}, not ${source.sum}.`,
        "Do not use it: the archive is not the one that was published.",
      );
    }
    const from = join(dir, source.folder);
    await mkdir(folder, { recursive: true });
    for (const file of source.files ?? (await readdir(from)).filter((entry) => entry.endsWith(".yaml")).sort())
      await copyFile(join(from, file), join(folder, file));
    return { origin: "downloaded" };
  });
  return artefact.folder;
}

function recipe(name: CrdModule): ArtefactRecipe {
  const { module, version, sum, folder, files } = SOURCES[name];
  return {
    name: `crds-${name}`,
    version: version.slice(1),
    inputs: { module, version, sum, folder, ...(files === undefined ? {} : { files: files.join(" ") }) },
  };
}
