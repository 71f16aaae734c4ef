import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { ToolchainError } from "../errors.ts";
import { type Artefact, type ArtefactRecipe, findArtefact, makeArtefact } from "../making/cache.ts";
import { runChecked } from "../making/command.ts";
import { copyMavenDependencies } from "../making/maven.ts";
import { recordStart, usesAotCache } from "../training/ahead-of-time.ts";
import { MINIMUM, PINNED } from "../versions.ts";
import { findJava, type Java, serverJvmFlags } from "./java.ts";

/** A Kafka that can be started: its jars, how to start them, and the caches for a fast start. */
export interface KafkaDistribution {
  java: Java;
  /** Every jar, in a fixed order: an ahead-of-time cache is valid for exactly this class path. */
  classPath: string;
  /** Absent if the JDK is older than 25, or if caches are disabled. */
  aotCache?: string;
  /** Folder with the `bootstrap.checkpoint` that formatting writes. A node needs it beside its own meta.properties. */
  storageTemplate: string;
  jvmFlags: readonly string[];
}

const POM = join(import.meta.dirname, "..", "kafka", "pom.xml");
const FORMAT_LIMIT_MS = 60_000;

/**
 * Returns the prepared distribution; undefined if it is not prepared. If only its ahead-of-time cache is missing, Kafka
 * is returned without it and starts more slowly.
 */
export async function findKafka(): Promise<KafkaDistribution | undefined> {
  const java = await findJava();
  const jars = await findArtefact(await jarsRecipe());
  if (java === undefined || jars === undefined) return undefined;
  const storage = await findArtefact(storageRecipe(jars));
  if (storage === undefined) return undefined;
  const classPath = await classPathOf(jars);
  const base = { java, classPath, storageTemplate: storage.folder, jvmFlags: serverJvmFlags(java) };
  if (!usesAotCache(java)) return base;
  const aot = await findArtefact(aotRecipe(jars, java, classPath));
  return aot === undefined ? base : { ...base, aotCache: join(aot.folder, "kafka.aot") };
}

/** Fetches the jars, formats the storage template and trains the ahead-of-time cache. Existing parts are kept. */
export async function prepareKafka(onDetail: (detail: string) => void): Promise<void> {
  const java = await findJava();
  if (java === undefined) throw javaMissing();
  const jars = await makeArtefact(await jarsRecipe(), async (folder) => {
    onDetail("fetching the jars");
    await copyMavenDependencies(POM, join(folder, "libs"));
    return { origin: "downloaded", facts: { madeAt: new Date().toISOString() } };
  });
  const classPath = await classPathOf(jars);
  const storage = await makeArtefact(storageRecipe(jars), async (folder) => {
    onDetail("formatting the storage template");
    await formatTemplate(java, classPath, folder);
    return { origin: "built" };
  });
  if (!usesAotCache(java)) return;
  await recordStart(aotRecipe(jars, java, classPath), onDetail, async (folder) => {
    // Imported only here, because the Pulumi program, which imports this file, needs no Kafka client.
    const { trainKafka } = await import("../training/kafka-training.ts");
    await trainKafka({
      java: java.binary,
      classPath,
      jvmFlags: serverJvmFlags(java),
      storageTemplate: storage.folder,
      folder,
      output: join(folder, "kafka.aot"),
    });
  });
}

async function classPathOf(jars: Artefact): Promise<string> {
  const libs = join(jars.folder, "libs");
  const names = (await readdir(libs)).filter((name) => name.endsWith(".jar"));
  return names
    .sort()
    .map((name) => join(libs, name))
    .join(delimiter);
}

/** Formats the storage template. It holds no node identity and no user: every node of a new cluster starts from it. */
async function formatTemplate(java: Java, classPath: string, folder: string): Promise<void> {
  const scratch = join(folder, "scratch");
  await mkdir(join(scratch, "data"), { recursive: true });
  const properties = join(scratch, "server.properties");
  await writeFile(
    properties,
    [
      "process.roles=controller",
      "node.id=1",
      "controller.quorum.voters=1@127.0.0.1:9093",
      "listeners=CONTROLLER://127.0.0.1:9093",
      "controller.listener.names=CONTROLLER",
      `log.dirs=${folder}`,
      "",
    ].join("\n"),
  );
  await runChecked(
    java.binary,
    ["-Xmx128m", "-cp", classPath, "kafka.tools.StorageTool", "format", "-t", templateClusterId(), "-c", properties],
    { timeoutMs: FORMAT_LIMIT_MS },
  );
  await rm(scratch, { recursive: true });
  await rm(join(folder, "meta.properties"));
  if (!(await readdir(folder)).includes("bootstrap.checkpoint")) {
    throw new ToolchainError(
      "BUILD_INCOMPLETE",
      `Formatting with Kafka ${PINNED.kafka} left no bootstrap.checkpoint.`,
      "This version keeps its bootstrap elsewhere: format each node with kafka.tools.StorageTool.",
    );
  }
}

/**
 * Returns the cluster id of the template. Kafka refuses sixteen zero bytes. Any other id works, because the checkpoint
 * does not contain it.
 */
function templateClusterId(): string {
  return createHash("md5").update("template").digest("base64url");
}

async function jarsRecipe(): Promise<ArtefactRecipe> {
  const pom = createHash("sha256")
    .update(await readFile(POM))
    .digest("hex");
  return { name: "kafka", version: PINNED.kafka, inputs: { pom, plugin: PINNED.mavenDependencyPlugin } };
}

function storageRecipe(jars: Artefact): ArtefactRecipe {
  return { name: "kafka-storage", version: PINNED.kafka, inputs: { jars: jars.key } };
}

function aotRecipe(jars: Artefact, java: Java, classPath: string): ArtefactRecipe {
  return {
    name: "kafka-aot",
    version: PINNED.kafka,
    inputs: {
      jars: jars.key,
      // The JVM compares the names on the class path and the modification times of the jars.
      classPath,
      jarsMadeAt: jars.facts.madeAt ?? "",
      java: java.build,
      home: java.home,
      flags: serverJvmFlags(java).join(" "),
      training: TRAINING_REVISION,
      platform: `${process.platform}-${process.arch}`,
    },
  };
}

/** Revision of the training run. Raise it when the run exercises other code. */
const TRAINING_REVISION = "3";

/** Returns the error for a machine without a suitable JDK. */
export function javaMissing(): ToolchainError {
  return new ToolchainError(
    "TOOL_MISSING",
    `No JDK >= ${MINIMUM.java.split(".")[0]} was found in JAVA_HOME, on PATH, or where this system keeps its JDKs.`,
    "Install one, best 25 (Debian: apt install openjdk-25-jre-headless, or https://adoptium.net), and repeat.",
  );
}
