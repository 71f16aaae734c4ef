import { createHash } from "node:crypto";
import { mkdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { ToolchainError } from "../errors.ts";
import { type ArtefactRecipe, findArtefact, makeArtefact } from "../making/cache.ts";
import { runChecked } from "../making/command.ts";
import { copyMavenDependencies } from "../making/maven.ts";
import { findJava } from "../servers/java.ts";
import { javaMissing } from "../servers/kafka.ts";
import { PINNED } from "../versions.ts";

const POM = join(import.meta.dirname, "pom.xml");
const GENERATE_LIMIT_MS = 5 * 60_000;

/** Packages below `io.strimzi.api.kafka.model` by the kind of resource. */
const KINDS: Readonly<Record<string, string>> = {
  Kafka: "kafka",
  KafkaBridge: "bridge",
  KafkaConnect: "connect",
  KafkaConnector: "connector",
  KafkaMirrorMaker2: "mirrormaker2",
  KafkaNodePool: "nodepool",
  KafkaRebalance: "rebalance",
  KafkaTopic: "topic",
  KafkaUser: "user",
  StrimziPodSet: "podset",
};

/** Returns the folder with Strimzi's definitions, one `<Kind>.yaml` each; undefined if they are not prepared. */
export async function findStrimziCrds(): Promise<string | undefined> {
  return (await findArtefact(await recipe()))?.folder;
}

/**
 * Returns the folder with the custom resource definitions of the pinned Strimzi, one `<Kind>.yaml` each, for example
 * `KafkaNodePool.yaml`. Strimzi's own generator writes them from its API classes, in seconds, and the cache keeps them.
 *
 * @throws ToolchainError TOOL_MISSING without Maven or a JDK >= 21, COMMAND_FAILED, BUILD_INCOMPLETE.
 */
export async function locateStrimziCrds(onLine: (line: string) => void = () => undefined): Promise<string> {
  const artefact = await makeArtefact(await recipe(), async (folder) => {
    const java = await findJava();
    if (java === undefined) throw javaMissing();
    onLine(`fetching Strimzi ${PINNED.strimzi}`);
    const libs = join(folder, "libs");
    await mkdir(libs, { recursive: true });
    await copyMavenDependencies(POM, libs);
    onLine("generating the definitions");
    const outputs = Object.entries(KINDS).map(
      ([kind, folderName]) => `io.strimzi.api.kafka.model.${folderName}.${kind}=${join(folder, `${kind}.yaml`)}`,
    );
    await runChecked(
      java.binary,
      ["-XX:TieredStopAtLevel=1", "-cp", join(libs, "*"), "io.strimzi.crdgenerator.CrdGenerator", ...outputs],
      { timeoutMs: GENERATE_LIMIT_MS },
    );
    for (const kind of Object.keys(KINDS)) {
      const file = await stat(join(folder, `${kind}.yaml`)).catch(() => undefined);
      if (file === undefined || file.size === 0)
        throw new ToolchainError(
          "BUILD_INCOMPLETE",
          `Strimzi's generator left no ${kind}.yaml.`,
          "Repeat; its output says nothing, so look at toolchain/strimzi/pom.xml.",
        );
    }
    // Forty megabytes that are not needed again.
    await rm(libs, { recursive: true });
    return { origin: "built" };
  });
  return artefact.folder;
}

async function recipe(): Promise<ArtefactRecipe> {
  return {
    name: "strimzi-crds",
    version: PINNED.strimzi,
    inputs: {
      pom: createHash("sha256")
        .update(await readFile(POM))
        .digest("hex"),
      kinds: JSON.stringify(KINDS),
    },
  };
}
