import { readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Artefact, type ArtefactRecipe, findArtefact, makeArtefact } from "../making/cache.ts";
import { runChecked } from "../making/command.ts";
import { copyMavenArtefact } from "../making/maven.ts";
import { isExecutable } from "../making/probe.ts";
import { recordStart, usesAotCache } from "../training/ahead-of-time.ts";
import { PINNED } from "../versions.ts";
import { findJava, type Java, serverJvmFlags } from "./java.ts";
import { javaMissing } from "./kafka.ts";

/** An Apicurio Registry that can be started. */
export interface ApicurioDistribution {
  java: Java;
  /** Folder of the unpacked distribution, also the working directory. */
  folder: string;
  /** Arguments after `java`, its flags and the application's settings. */
  command: readonly string[];
  /** JVM flags, with the ahead-of-time cache if there is one. */
  jvmFlags: readonly string[];
}

const FAST_JAR = "quarkus-run.jar";
const FLAT_JAR = "flat-run.jar";
/** Revision of the training run. Raise it when the run exercises other code. */
const TRAINING_REVISION = "1";

/**
 * Returns the prepared registry; undefined if it is not prepared. If only its ahead-of-time cache is missing, the
 * registry is returned without it and starts more slowly.
 */
export async function findApicurio(): Promise<ApicurioDistribution | undefined> {
  const java = await findJava();
  if (java === undefined) return undefined;
  const distribution = await findArtefact(await distributionRecipe(java));
  if (distribution === undefined) return undefined;
  const aot = usesAotCache(java) ? await findArtefact(aotRecipe(distribution, java)) : undefined;
  return {
    java,
    folder: distribution.folder,
    command: ["-jar", runJar(distribution)],
    jvmFlags: [
      ...serverJvmFlags(java),
      ...(aot === undefined ? [] : [`-XX:AOTCache=${join(aot.folder, "apicurio.aot")}`]),
    ],
  };
}

/** Fetches and unpacks the registry and trains its ahead-of-time cache. Existing parts are kept. */
export async function prepareApicurio(onDetail: (detail: string) => void): Promise<void> {
  const java = await findJava();
  if (java === undefined) throw javaMissing();
  const distribution = await makeArtefact(await distributionRecipe(java), async (folder) => {
    onDetail("fetching the registry");
    await copyMavenArtefact(`io.apicurio:apicurio-registry-app:${PINNED.apicurio}:tar.gz:all`, folder);
    const archive = join(folder, `apicurio-registry-app-${PINNED.apicurio}-all.tar.gz`);
    onDetail("unpacking the registry");
    await runChecked("tar", ["-xzf", archive, "-C", folder]);
    await rm(archive);
    if (await hasJarTool(java)) await writeFlatJar(java, folder);
    return { origin: "downloaded", facts: { madeAt: new Date().toISOString() } };
  });
  // Without the flat jar, the classes come from Quarkus' own class loader, which a cache does not support.
  if (!usesAotCache(java) || distribution.inputs.launcher !== "flat") return;
  await recordStart(aotRecipe(distribution, java), onDetail, async (folder) => {
    const { trainApicurio } = await import("../training/apicurio-training.ts");
    await trainApicurio({
      java: java.binary,
      jvmFlags: serverJvmFlags(java),
      command: ["-jar", runJar(distribution)],
      workDir: distribution.folder,
      folder,
      output: join(folder, "apicurio.aot"),
    });
  });
}

/**
 * Writes a jar with only a manifest that puts all jars on one flat class path (as Quarkus' own `legacy-jar` does). All
 * classes then come from the JVM's own class loader, whose classes an ahead-of-time cache can hold. The order matters:
 * Quarkus' generated and rewritten classes come before those that they replace.
 */
async function writeFlatJar(java: Java, folder: string): Promise<void> {
  const list = async (below: string): Promise<string[]> =>
    (await readdir(join(folder, below)))
      .filter((name) => name.endsWith(".jar"))
      .sort()
      .map((name) => `${below}/${name}`);
  const classPath = [
    "quarkus/generated-bytecode.jar",
    "quarkus/transformed-bytecode.jar",
    ...(await list("app")),
    ...(await list("lib/boot")),
    ...(await list("lib/main")),
  ];
  const manifest = join(folder, "manifest.txt");
  await writeFile(
    manifest,
    [
      "Main-Class: io.quarkus.runner.GeneratedMain",
      // As in the manifest of Quarkus' own jar: its thread pools reset thread locals.
      "Add-Opens: java.base/java.lang",
      "Enable-Native-Access: ALL-UNNAMED",
      foldManifestLine(`Class-Path: ${classPath.join(" ")}`),
      "",
    ].join("\n"),
  );
  const temporary = join(folder, `${FLAT_JAR}.tmp`);
  await runChecked(jarTool(java), ["--create", "--file", temporary, "--manifest", manifest]);
  await rename(temporary, join(folder, FLAT_JAR));
  await rm(manifest);
}

/** Folds a line of a manifest. A line holds at most 72 bytes, and a continuation starts with a space. */
export function foldManifestLine(line: string): string {
  const parts = [line.slice(0, 70)];
  for (let rest = line.slice(70); rest !== ""; rest = rest.slice(69)) parts.push(` ${rest.slice(0, 69)}`);
  return parts.join("\n");
}

function runJar(distribution: Artefact): string {
  return join(distribution.folder, distribution.inputs.launcher === "flat" ? FLAT_JAR : FAST_JAR);
}

/** Returns whether the JDK has the `jar` tool. A runtime without the development tools has none. */
function hasJarTool(java: Java): Promise<boolean> {
  return isExecutable(jarTool(java));
}

function jarTool(java: Java): string {
  return join(java.home, "bin", "jar");
}

async function distributionRecipe(java: Java): Promise<ArtefactRecipe> {
  return {
    name: "apicurio",
    version: PINNED.apicurio,
    inputs: { version: PINNED.apicurio, launcher: (await hasJarTool(java)) ? "flat" : "fast" },
  };
}

function aotRecipe(distribution: Artefact, java: Java): ArtefactRecipe {
  return {
    name: "apicurio-aot",
    version: PINNED.apicurio,
    inputs: {
      distribution: distribution.folder,
      // The JVM compares the modification times of the jars.
      madeAt: distribution.facts.madeAt ?? "",
      java: java.build,
      home: java.home,
      flags: serverJvmFlags(java).join(" "),
      training: TRAINING_REVISION,
      platform: `${process.platform}-${process.arch}`,
    },
  };
}
