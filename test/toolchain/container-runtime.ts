import { join } from "node:path";
import { ToolchainError } from "../../toolchain/errors.ts";
import { type ArtefactRecipe, findArtefact, makeArtefact } from "../../toolchain/making/cache.ts";
import { runChecked } from "../../toolchain/making/command.ts";
import { findOnPath, isExecutable, probeVersion } from "../../toolchain/making/probe.ts";
import { debianRecipe, demandDebian, MULTIARCH, unpackDebian } from "./debian-packages.ts";

/** What runs a node's containers and its Service addresses. */
export interface ContainerRuntime {
  /** Of containerd. */
  readonly version: string;
  readonly origin: "installed" | "downloaded";
  /** Folder it was unpacked to; for an installed one, containerd itself. */
  readonly path: string;
  /** Variables to start containerd, `ctr` and kube-proxy with. */
  readonly env: Readonly<Record<string, string>>;
}

/** The programs called: kube-proxy calls `nft`. */
const PROGRAMS = ["containerd", "containerd-shim-runc-v2", "ctr", "runc", "nft"] as const;
/** Debian's packages of them, and of the libraries that they are linked with. */
const PACKAGES = [
  "containerd",
  "runc",
  "nftables",
  "libbsd0",
  "libedit2",
  "libgmp10",
  "libjansson4",
  "libmd0",
  "libmnl0",
  "libnftables1",
  "libnftnl11",
  "libseccomp2",
  "libxtables12",
] as const;

/** The installed runtime, else the one unpacked in the cache; undefined when there is neither. Never makes anything. */
export async function findContainerRuntime(): Promise<ContainerRuntime | undefined> {
  const installed = await Promise.all(PROGRAMS.map((name) => findOnPath(name)));
  const [containerd] = installed;
  if (containerd !== undefined && !installed.includes(undefined)) {
    return {
      version: (await probeVersion(containerd, ["--version"])) ?? "unknown",
      origin: "installed",
      path: containerd,
      env: {},
    };
  }
  const source = await recipe();
  const artefact = source && (await findArtefact(source));
  return (
    artefact && {
      version: artefact.facts.containerd ?? "unknown",
      origin: "downloaded",
      path: artefact.folder,
      env: environmentOf(artefact.folder),
    }
  );
}

/**
 * Unpacks the distribution's packages into the cache, where nothing is installed; installs nothing.
 *
 * @throws ToolchainError UNSUPPORTED_PLATFORM where there is no apt-get; COMMAND_FAILED, COMMAND_TIMED_OUT; BUILD_INCOMPLETE when a program is not in them.
 */
export async function prepareContainerRuntime(onLine: (line: string) => void): Promise<void> {
  if ((await findContainerRuntime()) !== undefined) return;
  const source = await demandDebian(await recipe(), "containerd", "Install containerd, runc and nftables");
  await makeArtefact(source, async (folder) => {
    await unpackDebian(PACKAGES, folder, onLine);
    for (const name of PROGRAMS) {
      const places = ["usr/bin", "usr/sbin"].map((place) => join(folder, place, name));
      if (!(await Promise.all(places.map(isExecutable))).includes(true))
        throw new ToolchainError(
          "BUILD_INCOMPLETE",
          `The packages ${PACKAGES.join(", ")} do not hold ${name}.`,
          "Install containerd, runc and nftables.",
        );
    }
    const { stdout } = await runChecked(join(folder, "usr", "bin", "containerd"), ["--version"], {
      env: { ...environmentOf(folder) },
    });
    return { origin: "downloaded", facts: { containerd: /\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? "unknown" } };
  });
}

function environmentOf(folder: string): Readonly<Record<string, string>> {
  return {
    PATH: [
      join(folder, "usr", "bin"),
      join(folder, "usr", "sbin"),
      process.env.PATH ?? "/usr/sbin:/usr/bin:/sbin:/bin",
    ].join(":"),
    LD_LIBRARY_PATH: join(folder, "usr", "lib", MULTIARCH[process.arch] ?? ""),
  };
}

function recipe(): Promise<ArtefactRecipe | undefined> {
  return debianRecipe("container-runtime", PACKAGES);
}
