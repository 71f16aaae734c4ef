import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadFile, loadModel, loadTopicFiles } from "../../../components/model/load.ts";
import { expectRead } from "../../../components/model/read.ts";
import { maxSourceBytes } from "../../../components/model/source-file.ts";
import {
  topicFileJsonSchema,
  topicFileJsonSchemaPath,
} from "../../../components/model/topics/topic-file-json-schema.ts";
import { planPlatform } from "../../../components/plan/plan.ts";
import { goodDomain, goodSchemas } from "./project-files.ts";

const projectDir = join(import.meta.dirname, "../../..");
let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "kit-model-"));
  await mkdir(join(dir, "topics/schemas/order"), { recursive: true });
  await mkdir(join(dir, "stacks"));
  await writeFile(join(dir, "stacks/Pulumi.local.yaml"), "config:\n  event-platform:platform: {substrate: local}\n");
  await writeFile(join(dir, "topics/order.yaml"), goodDomain);
  for (const file of goodSchemas) if ("text" in file) await writeFile(join(dir, file.path), file.text);
});

afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

async function problemsOf(stack = "local"): Promise<string[]> {
  const read = await loadModel(dir, stack);
  return read.ok ? [] : read.problems.map((problem) => `${problem.file} ${problem.rule}: ${problem.message}`);
}

describe("a project on disk", () => {
  it("is read", async () => {
    expect(await problemsOf()).toEqual([]);
  });

  it("refuses a symbolic link, even one that stays inside", async () => {
    await symlink("/etc/passwd", join(dir, "topics/evil.yaml"));
    await rm(join(dir, "topics/schemas/order/OrderCreated.avsc"));
    await symlink("OrderCancelled.avsc", join(dir, "topics/schemas/order/OrderCreated.avsc"));
    expect(await problemsOf()).toEqual([
      expect.stringMatching(/^topics\/evil.yaml file-outside: .*to \/etc\/passwd/),
      expect.stringMatching(/^topics\/schemas\/order\/OrderCreated.avsc file-outside/),
    ]);
  });

  it("refuses a folder that is a symbolic link, and what is called like one and leads nowhere; other links are nobody's matter", async () => {
    await symlink("/etc", join(dir, "topics/schemas/linked"));
    await symlink("/etc", join(dir, "topics/more.d"));
    await symlink("/nowhere", join(dir, "topics/less"));
    await symlink("/etc/hostname", join(dir, "topics/README.md"));
    expect((await loadTopicFiles(dir)).map((file) => file.path)).toEqual([
      "topics/less/",
      "topics/more.d/",
      "topics/order.yaml",
      "topics/schemas/linked/",
      "topics/schemas/order/OrderCancelled.avsc",
      "topics/schemas/order/OrderCreated.avsc",
    ]);
    expect(await problemsOf()).toEqual([
      "topics/less/ file-outside: the folder is a symbolic link (to /nowhere); only plain files are read",
      "topics/more.d/ file-outside: the folder is a symbolic link (to /etc); only plain files are read",
      "topics/schemas/linked/ file-outside: the folder is a symbolic link (to /etc); only plain files are read",
    ]);
  });

  it("refuses topics/ itself as a symbolic link, and a stack in a folder that is one", async () => {
    await rename(join(dir, "topics"), join(dir, "real"));
    await symlink("real", join(dir, "topics"));
    expect(await problemsOf()).toEqual([
      "topics/ file-outside: the folder is a symbolic link (to real); only plain files are read",
    ]);
    await rename(join(dir, "stacks"), join(dir, "elsewhere"));
    await symlink("elsewhere", join(dir, "stacks"));
    expect(await loadFile(dir, "stacks/Pulumi.dev.yaml")).toEqual({
      path: "stacks/Pulumi.dev.yaml",
      refused: "symbolic-link",
      detail: "its folder stacks leads to elsewhere",
    });
  });

  it("refuses a folder that is called like a domain file, and a file whose ending is in capitals", async () => {
    await mkdir(join(dir, "topics/x.yaml"));
    await writeFile(join(dir, "topics/x.yaml/more.yaml"), goodDomain);
    await writeFile(join(dir, "topics/loud.YAML"), goodDomain);
    expect(await problemsOf()).toEqual([
      "topics/loud.YAML file-misplaced: this file would not be read",
      "topics/x.yaml file-unreadable: it is no plain file (a folder)",
    ]);
  });

  it("refuses a large file, bytes that are no text, a pipe, and a file that is gone", async () => {
    await writeFile(join(dir, "topics/large.yaml"), `# ${"x".repeat(maxSourceBytes)}`);
    await writeFile(join(dir, "topics/binary.yaml"), Buffer.from([0xff, 0xfe, 0x00]));
    execFileSync("mkfifo", [join(dir, "topics/pipe.yaml")]);
    expect(await problemsOf()).toEqual([
      expect.stringMatching(/^topics\/binary.yaml file-unreadable: .*UTF-8/),
      expect.stringMatching(/^topics\/large.yaml file-too-large: .*1048576/),
      expect.stringMatching(/^topics\/pipe.yaml file-unreadable: .*no plain file/),
    ]);
    expect(await loadFile(dir, "topics/gone.yaml")).toMatchObject({ refused: "not-found" });
  });

  it("names the stack's file when there is none", async () => {
    expect(await problemsOf("staging")).toEqual([
      expect.stringMatching(/^stacks\/Pulumi.staging.yaml stack-settings-missing/),
    ]);
  });

  it("reports problems of topics and stack together", async () => {
    await writeFile(join(dir, "topics/order.yaml"), goodDomain.replace("partitions: 30", "partitions: 0"));
    await writeFile(join(dir, "stacks/Pulumi.local.yaml"), "config:\n  event-platform:platform: {substrate: lokal}\n");
    expect((await problemsOf()).map((text) => text.split(" ")[0])).toEqual([
      "stacks/Pulumi.local.yaml",
      "topics/order.yaml",
    ]);
    await expect(loadModel(dir, "local").then(expectRead)).rejects.toThrow(
      /2 problems[^]*Pulumi.local.yaml:2:40 \[invalid-value\][^]*Fix: did you mean "local"/,
    );
  });

  it("holds a topic to what the environment has", async () => {
    await writeFile(
      join(dir, "topics/order.yaml"),
      goodDomain.replace("partitions: 30", "partitions: 30\n    replicationFactor: 12"),
    );
    expect(await problemsOf()).toEqual([
      expect.stringMatching(/replication-too-high: order-events wants 12 replicas, but there are 9 brokers/),
    ]);
    await writeFile(
      join(dir, "topics/order.yaml"),
      goodDomain.replace("partitions: 30", "partitions: 30\n    replicationFactor: 2"),
    );
    expect(await problemsOf()).toEqual([
      expect.stringMatching(/min-isr-too-high: order-events has 2 replicas and min ISR 2 \(the stack's\)/),
    ]);
  });

  it("scales topics down where the environment says so, whatever they declare", async () => {
    await writeFile(
      join(dir, "stacks/Pulumi.local.yaml"),
      "config:\n  event-platform:platform:\n    substrate: local\n    kafka: {zones: [a], brokersPerZone: 1, controllers: 1}\n    topics: {replicationFactor: 1, minInsyncReplicas: 1}\n",
    );
    await writeFile(
      join(dir, "topics/order.yaml"),
      goodDomain.replace("partitions: 30", "partitions: 30\n    replicationFactor: 5\n    minInsyncReplicas: 3"),
    );
    const { model, stack } = expectRead(await loadModel(dir, "local"));
    expect(planPlatform(model, stack).topics.find(({ name }) => name === "order-events")).toMatchObject({
      replicationFactor: 1,
      config: { "min.insync.replicas": "1" },
    });
  });

  it("finds settings of a service that is nowhere", async () => {
    await writeFile(
      join(dir, "stacks/Pulumi.local.yaml"),
      "config:\n  event-platform:platform:\n    substrate: local\n    services: {order-servcie: {replicas: 2}}\n",
    );
    const read = await loadModel(dir, "local");
    expect(read.ok ? [] : read.problems).toEqual([
      expect.objectContaining({
        rule: "unknown-service",
        file: "stacks/Pulumi.local.yaml",
        line: 4,
        column: 16,
        fix: 'did you mean "order-service"?',
      }),
    ]);
  });

  it("says so when there is no folder topics/", async () => {
    await rm(join(dir, "topics"), { recursive: true });
    expect(await problemsOf()).toEqual([expect.stringMatching(/^topics\/ .*ENOENT/)]);
  });
});

describe("the project's own files", () => {
  it("are without a problem in every stack that is there", async () => {
    expectRead(await loadModel(projectDir, "local"));
  });

  it("have a JSON Schema that is up to date, and name it in their first line", async () => {
    const file = await loadFile(projectDir, topicFileJsonSchemaPath);
    expect("text" in file ? file.text : file, "run: node components/model/topics/topic-file-json-schema.ts").toBe(
      topicFileJsonSchema(),
    );
    for (const domain of (await loadTopicFiles(projectDir)).filter(({ path }) => path.endsWith(".yaml"))) {
      expect(
        "text" in domain && domain.text.startsWith("# yaml-language-server: $schema=./topics.schema.json\n"),
        domain.path,
      ).toBe(true);
    }
  });
});
