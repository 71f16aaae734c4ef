import { join } from "node:path";
import { WRAPPERS } from "../making/go.ts";
import { findGoArtefact, type GoArtefact, makeGoArtefact } from "../making/go-artefact.ts";
import { findOnPath, probeVersion } from "../making/probe.ts";
import { isAtLeast } from "../making/versioning.ts";
import { MINIMUM, PINNED } from "../versions.ts";

/** A Prometheus that can be started. */
export interface Prometheus {
  binary: string;
  version: string;
  origin: "installed" | "built";
}

const ARTEFACT: GoArtefact = {
  name: "prometheus",
  version: PINNED.prometheus,
  binaries: {
    prometheus: {
      wrapper: join(WRAPPERS, "prometheus"),
      package: "github.com/prometheus/prometheus/cmd/prometheus",
      // Service discovery of clouds is nine tenths of the sources. The targets of one machine are known.
      tags: ["remove_all_sd"],
    },
  },
  minimumGo: MINIMUM.goOfPrometheus,
};

/**
 * Returns the recent enough Prometheus on the search path, otherwise the one in the cache; undefined if there is
 * neither. It never builds.
 */
export async function findPrometheus(): Promise<Prometheus | undefined> {
  const installed = await findOnPath("prometheus");
  if (installed !== undefined) {
    const version = await probeVersion(installed, ["--version"]);
    if (version !== undefined && isAtLeast(version, MINIMUM.prometheus))
      return { binary: installed, version, origin: "installed" };
  }
  const folder = await findGoArtefact(ARTEFACT);
  return folder === undefined
    ? undefined
    : { binary: join(folder, "prometheus"), version: PINNED.prometheus, origin: "built" };
}

/**
 * Builds Prometheus from its Go module, unless it exists. The build takes about six minutes of CPU time. It lacks the
 * pages of the web interface, which the module does not contain.
 *
 * @throws ToolchainError TOOL_MISSING without a recent enough Go, COMMAND_FAILED, COMMAND_TIMED_OUT.
 */
export async function preparePrometheus(onLine: (line: string) => void): Promise<Prometheus> {
  const found = await findPrometheus();
  if (found !== undefined) return found;
  onLine(`building Prometheus ${PINNED.prometheus}; Debian's package prometheus would save this`);
  const folder = await makeGoArtefact(ARTEFACT, () => undefined);
  return { binary: join(folder, "prometheus"), version: PINNED.prometheus, origin: "built" };
}
