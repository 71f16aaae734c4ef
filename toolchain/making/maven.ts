import { readdir, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ToolchainError } from "../errors.ts";
import { findJava } from "../servers/java.ts";
import { MINIMUM, PINNED } from "../versions.ts";
import { runChecked } from "./command.ts";
import { findOnPath, probeVersion } from "./probe.ts";
import { isAtLeast, parseVersion } from "./versioning.ts";

/** An installed Maven. */
export interface Maven {
  binary: string;
  version: string;
}

const RESOLVE_LIMIT_MS = 10 * 60_000;

/** Returns the recent enough Maven on the search path; undefined if there is none. */
export async function findMaven(): Promise<Maven | undefined> {
  const binary = await findOnPath("mvn");
  if (binary === undefined) return undefined;
  const version = (await versionOfHome(binary)) ?? (await probeVersion(binary, ["-v"], parseBanner));
  return version !== undefined && isAtLeast(version, MINIMUM.maven) ? { binary, version } : undefined;
}

/** Parses the version in Maven's banner. The banner may be coloured, and then its first number is not the version. */
function parseBanner(output: string): string | undefined {
  const version = /Apache Maven ([\d.]+)/.exec(output)?.[1];
  return version === undefined ? undefined : parseVersion(version);
}

/**
 * Returns the version from the name of a jar in Maven's home, because `mvn -v` starts a JVM. Debian's jar has no full
 * version (`maven-core-3.x.jar`).
 */
async function versionOfHome(binary: string): Promise<string | undefined> {
  try {
    const names = await readdir(join(dirname(dirname(await realpath(binary))), "lib"));
    const core = names
      .map((name) => /^maven-core-(\d+\.\d+\.\d+.*)\.jar$/.exec(name)?.[1])
      .find((version) => version !== undefined);
    return core === undefined ? undefined : parseVersion(core);
  } catch {
    return undefined;
  }
}

/**
 * Copies one artefact from the Maven repositories.
 *
 * @param coordinates - `group:artifact:version[:packaging[:classifier]]`.
 */
export async function copyMavenArtefact(coordinates: string, folder: string): Promise<void> {
  await runMaven("copy", [`-Dartifact=${coordinates}`, `-DoutputDirectory=${folder}`]);
}

/** Copies the jars of a pom's dependencies, including transitive ones. */
export async function copyMavenDependencies(pom: string, folder: string): Promise<void> {
  await runMaven("copy-dependencies", ["-f", pom, `-DoutputDirectory=${folder}`, "-DincludeScope=runtime"]);
}

async function runMaven(goal: string, args: readonly string[]): Promise<void> {
  const maven = await findMaven();
  if (maven === undefined) throw mavenMissing();
  const java = await findJava();
  await runChecked(
    maven.binary,
    ["-B", "-q", `org.apache.maven.plugins:maven-dependency-plugin:${PINNED.mavenDependencyPlugin}:${goal}`, ...args],
    // Maven runs on the JDK that the kit found, even if `java` on the search path is missing or too old.
    { timeoutMs: RESOLVE_LIMIT_MS, ...(java === undefined ? {} : { env: { JAVA_HOME: java.home } }) },
  );
}

/** Returns the error for a machine without Maven. */
export function mavenMissing(): ToolchainError {
  return new ToolchainError(
    "TOOL_MISSING",
    `Maven >= ${MINIMUM.maven} was not found: no fitting "mvn" on PATH.`,
    "Install it (Debian: apt install maven; macOS: brew install maven) and repeat.",
  );
}
