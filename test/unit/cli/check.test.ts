/** `kit check` as a child process, on a copy of this project: what people, programs and CI are shown. */
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { podYaml } from "../../../policies/workloads/text.ts";
import { copyProject, edits } from "../../platform/project-copy.ts";

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let project: Awaited<ReturnType<typeof copyProject>>;
const { edit, takeBack } = edits(() => project.dir);
beforeAll(async () => {
  project = await copyProject();
});
afterEach(takeBack);
afterAll(() => project?.remove());

function check(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", join(project.dir, "cli/main.mjs"), "check", ...args],
      { cwd: project.dir, env: { ...process.env, NO_COLOR: "1" }, timeout: 60_000, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, stdout, stderr }),
    );
    child.stdin?.end();
  });
}

describe("kit check", () => {
  it.each(["local", "dev", "staging", "prod"])("finds nothing wrong with what is shipped, for %s", async (stack) => {
    const ended = await check("--stack", stack, "--json");
    expect(ended.code, ended.stderr).toBe(0);
    expect(JSON.parse(ended.stdout)).toMatchObject({ stack, summary: { errors: 0, warnings: 0 } });
  });

  it("shows place, line, caret, rule and fix of a mistake", async () => {
    await edit("topics/order.yaml", (text) => text.replace("partitions: 30", "partition: 30"));
    const ended = await check();
    expect(ended.code).toBe(1);
    expect(ended.stdout).toMatch(
      /^topics\/order\.yaml\n[\s\S]*^ {2}\d+:5 {2}error .*"partition".*\[unknown-key\][^\n]*\n {4}\| {5}partition: 30\n {4}\| {5}\^\n {4}fix: .*partitions/m,
    );
  });

  it("shows all mistakes of all files at once", async () => {
    await edit("topics/order.yaml", (text) =>
      text.replace("partitions: 30", "partitions: many").replace("retention: 7d", "retention: 7 days"),
    );
    await edit("topics/payment.yaml", (text) => text.replace("partitions: 30", "partitions: -1"));
    const { findings } = JSON.parse((await check("--json")).stdout) as {
      findings: { file: string; line: number; rule: string }[];
    };
    const broken = findings.map(({ file, rule }) => `${file} ${rule}`);
    expect(broken.filter((line) => line.startsWith("topics/order.yaml")).length).toBeGreaterThanOrEqual(2);
    expect(broken.some((line) => line.startsWith("topics/payment.yaml"))).toBe(true);
  });

  it.each<[string, (text: string) => string, RegExp]>([
    [
      "a quote that is not closed, where it opens",
      (text) => text.replace("description: The life", 'description: "The life'),
      /^ {2}9:18 {2}error {2}the quote that opens here is not closed {2}\[yaml-syntax\]/m,
    ],
    [
      "a tab, and nothing that follows from it",
      (text) => text.replace("    partitions: 30", "\tpartitions: 30"),
      /1 error, 0 warnings/,
    ],
    [
      "a list where names are wanted",
      (text) => text.replace(/^topics:[\s\S]*$/m, "topics:\n  - order-events\n"),
      /fix: write `name:` and its fields below, without dashes/,
    ],
  ])("tells %s", async (_what, change, told) => {
    await edit("topics/order.yaml", change);
    const ended = await check();
    expect(ended.code).toBe(1);
    expect(ended.stdout).toMatch(told);
  });

  it("writes SARIF with rules, places and stable fingerprints", async () => {
    await edit("topics/order.yaml", (text) => text.replace("partitions: 30", "partition: 30"));
    const log = JSON.parse((await check("--format", "sarif")).stdout) as {
      version: string;
      runs: {
        tool: { driver: { rules: { id: string }[] } };
        results: {
          ruleId: string;
          ruleIndex: number;
          locations: { physicalLocation: object }[];
          partialFingerprints: object;
        }[];
      }[];
    };
    const [run] = log.runs;
    const startLine =
      readFileSync(join(project.dir, "topics/order.yaml"), "utf8").split("\n").indexOf("    partition: 30") + 1;
    const result = run?.results.find(({ ruleId }) => ruleId === "unknown-key");
    expect(log.version).toBe("2.1.0");
    expect(result?.locations[0]?.physicalLocation).toEqual({
      artifactLocation: { uri: "topics/order.yaml" },
      region: { startLine, startColumn: 5 },
    });
    expect(run?.tool.driver.rules[result?.ruleIndex ?? -1]?.id).toBe("unknown-key");
    const before = result?.partialFingerprints;
    await edit("topics/order.yaml", (text) => `# one line more\n${text}`);
    const moved = JSON.parse((await check("--format", "sarif")).stdout) as typeof log;
    expect(moved.runs[0]?.results.find(({ ruleId }) => ruleId === "unknown-key")?.partialFingerprints).toEqual(before);
  });

  it("annotates for CI, one command a line, whatever stands in the files", async () => {
    await edit("topics/order.yaml", (text) => text.replace("partitions: 30", '"::error file=x::%0A": 30'));
    const lines = (await check("--format", "github")).stdout.trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines)
      expect(line).toMatch(/^::(?:error|warning|notice) file=[^:,\n]+,line=\d+,col=\d+,title=[a-z-]+::/);
    expect(lines.find((line) => line.includes("unknown-key"))).toContain("%250A");
  });

  it("counts what is no error instead of showing it by the thousand", async () => {
    const folder = join(project.dir, "many", "topics");
    mkdirSync(join(folder, "schemas"), { recursive: true });
    const topics = Array.from({ length: 60 }, (_, index) => {
      const fields = ["clickId", "timestamp"].map((name) => ({
        name,
        type: name === "timestamp" ? "long" : "string",
        doc: "What it says.",
      }));
      writeFileSync(
        join(folder, `schemas/Click${index}.avsc`),
        JSON.stringify({
          type: "record",
          name: `Click${index}`,
          namespace: "com.example.events",
          doc: "A click.",
          fields,
        }),
      );
      return `  click-topic-${index}:\n    description: One of many topics.\n    partitions: 3\n    key: clickId\n    events: {click.e${index}: {schema: schemas/Click${index}.avsc}}\n    producers: {click-service: {}}\n`;
    });
    writeFileSync(
      join(folder, "click.yaml"),
      `domain: click\nowner: {team: clicks, contact: "#clicks"}\ncriticality: low\nservices: [click-service]\ntopics:\n${topics.join("")}`,
    );
    const short = await check("--topics", folder);
    const [, count, rule] = /and (\d+) more of \[([a-z-]+)\]; --verbose shows all/.exec(short.stdout) ?? [];
    expect(Number(count)).toBe(40);
    expect(short.stdout.split(`[${rule ?? ""}]`).length - 2).toBe(20);
    expect((await check("--topics", folder, "--verbose")).stdout).not.toContain(" more of [");
  });

  it("judges rendered objects by the stack's levels, and names the file of each", async () => {
    const folder = join(project.dir, "rendered");
    mkdirSync(join(folder, "services"), { recursive: true });
    writeFileSync(
      join(folder, "kustomization.yaml"),
      "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [services/deployment.yaml]\n",
    );
    writeFileSync(
      join(folder, "services/deployment.yaml"),
      `# rendered\n${podYaml({}).replace("runAsNonRoot: true", "runAsNonRoot: false")}`,
    );
    writeFileSync(
      join(folder, "services/more.json"),
      JSON.stringify({
        apiVersion: "v1",
        kind: "List",
        items: [{ apiVersion: "v1", kind: "Service", metadata: { name: "open" }, spec: { type: "NodePort" } }],
      }),
    );
    const judged = await check("--stack", "prod", "--manifests", folder, "--json");
    const { findings, summary } = JSON.parse(judged.stdout) as {
      findings: { rule: string; file: string; line: number; object: string }[];
      summary: object;
    };
    expect(judged.code).toBe(1);
    expect(summary).toMatchObject({ topics: 5, manifests: 3 });
    expect(findings.map(({ rule, file, line, object }) => `${file}:${line} ${object} ${rule}`)).toEqual(
      expect.arrayContaining([
        "rendered/services/deployment.yaml:2 Deployment/order-service workload-pod-security",
        "rendered/services/deployment.yaml:2 Deployment/order-service workload-network-policy",
        "rendered/services/more.json:1 Service/open workload-exposure",
      ]),
    );
    expect((await check("--stack", "prod", "--manifests", join(folder, "services/more.json"))).stdout).toContain(
      "1 manifest, for the stack prod",
    );
    writeFileSync(join(folder, "broken.yaml"), "kind: Service\nkind: Service\n");
    const broken = await check("--manifests", folder);
    expect(broken.code).toBe(2);
    expect(broken.stderr).toMatch(/rendered\/broken\.yaml:2:1 .*unique/);
  });

  it("refuses two formats", async () => {
    expect(await check("--json", "--format", "sarif")).toMatchObject({
      code: 2,
      stdout: expect.stringContaining("exclude each other") as unknown,
    });
  });

  it.each<[string, string[], number, RegExp]>([
    ["exceptions that are not there", ["--exceptions", "nowhere.yaml"], 2, /KIT_CHECK_NO_EXCEPTIONS/],
    ["a folder without a name", ["--topics", ""], 2, /--topics is empty/],
    ["manifests that are not there", ["--manifests", "nowhere"], 2, /KIT_CHECK_NO_MANIFESTS/],
    ["a folder that is not there", ["--topics", "nowhere"], 2, /KIT_CHECK_NO_TOPICS/],
    [
      "a stack that is not there",
      ["--stack", "production"],
      2,
      /KIT_UNKNOWN_STACK[^]*there are dev, local, prod, staging/,
    ],
    ["a path for a stack", ["--stack", "../x"], 2, /KIT_UNKNOWN_STACK/],
    ["a format that is not there", ["--format", "xml"], 2, /xml/],
    ["a level that is not there", ["--fail-on", "fatal"], 2, /fatal/],
    ["an argument", ["topics"], 2, /KIT_USAGE/],
  ])("refuses %s", async (_what, args, code, message) => {
    const ended = await check(...args);
    expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code, stdout: "" });
    expect(ended.stderr).toMatch(message);
  });
});
