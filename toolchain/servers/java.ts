import { readdir, readFile, realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

import { findOnPath, isExecutable, probeVersion } from "../making/probe.ts";
import { isAtLeast, newestFirst, parseJavaVersion } from "../making/versioning.ts";
import { AOT_JAVA_MAJOR, MINIMUM } from "../versions.ts";

/** An installed JDK (or JRE). */
export interface Java {
  /** Home folder, with symbolic links resolved. */
  home: string;
  binary: string;
  /** `major.minor.patch`. */
  version: string;
  major: number;
  /** The vendor's full version of the build, for example `25.0.3+9-LTS`. An ahead-of-time cache is valid for one build. */
  build: string;
}

/**
 * Returns the JDK to use, or undefined: the newest that is recent enough, and of equal versions the first. The order of
 * the list is thus the order of preference (JAVA_HOME, then PATH, then the system's folders).
 */
export function chooseJava(candidates: readonly Java[]): Java | undefined {
  return candidates
    .filter((java) => isAtLeast(java.version, MINIMUM.java))
    .toSorted((a, b) => newestFirst(a.version, b.version))[0];
}

/** Returns whether this JDK supports ahead-of-time caches. */
export function supportsAotCache(java: Java): boolean {
  return java.major >= AOT_JAVA_MAJOR;
}

/**
 * Returns flags for many JVMs on a small machine: no compiler threads for the last few percent of speed, no parallel
 * collector, small object headers. The caller sets heap sizes.
 */
export function serverJvmFlags(java: Java): string[] {
  return [...(java.major >= 25 ? ["-XX:+UseCompactObjectHeaders"] : []), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
}

/** Returns the JDK to use; undefined if none is recent enough. */
export async function findJava(): Promise<Java | undefined> {
  return chooseJava(await listJava());
}

/** Returns every JDK, in order of preference, each once. */
export async function listJava(): Promise<Java[]> {
  const homes = new Set<string>();
  for (const home of await candidateHomes()) {
    try {
      homes.add(await realpath(home));
    } catch {
      // A dangling link.
    }
  }
  const found = await Promise.all([...homes].map(readHome));
  return found.filter((java) => java !== undefined);
}

async function candidateHomes(): Promise<string[]> {
  const homes: string[] = [];
  const fromEnvironment = process.env.JAVA_HOME;
  if (fromEnvironment !== undefined && fromEnvironment !== "") homes.push(fromEnvironment);
  const onPath = await findOnPath("java");
  if (onPath !== undefined) homes.push(dirname(dirname(await realpath(onPath))));
  const user = homedir();
  const parents: [folder: string, below: string][] = [
    ["/usr/lib/jvm", ""],
    ["/usr/java", ""],
    ["/opt/java", ""],
    ["/Library/Java/JavaVirtualMachines", "Contents/Home"],
    [join(user, "Library/Java/JavaVirtualMachines"), "Contents/Home"],
    ["/opt/homebrew/opt", "libexec/openjdk.jdk/Contents/Home"],
    [join(process.env.SDKMAN_DIR ?? join(user, ".sdkman"), "candidates/java"), ""],
    [join(user, ".asdf/installs/java"), ""],
    [join(user, ".local/share/mise/installs/java"), ""],
    [join(user, ".jenv/versions"), ""],
    [join(user, ".jdks"), ""],
  ];
  for (const [folder, below] of parents) {
    const names = await readdir(folder).catch(() => [] as string[]);
    homes.push(...names.sort().map((name) => join(folder, name, below)));
  }
  return homes;
}

async function readHome(home: string): Promise<Java | undefined> {
  const binary = join(home, "bin", "java");
  if (!(await isExecutable(binary))) return undefined;
  const release = await readFile(join(home, "release"), "utf8").catch(() => "");
  const field = (name: string): string | undefined => new RegExp(`^${name}="([^"]+)"`, "m").exec(release)?.[1];
  const stated = field("JAVA_VERSION");
  // JDKs of some distributions have no release file.
  const version =
    stated === undefined ? await probeVersion(binary, ["-version"], parseJavaVersion) : parseJavaVersion(stated);
  if (version === undefined) return undefined;
  const build = field("JAVA_RUNTIME_VERSION") ?? version;
  return { home, binary, version, major: Number(version.split(".")[0]), build };
}
