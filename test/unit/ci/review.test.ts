/** `ci/review.sh` as a CI runs it, in throw-away repositories with a change on a branch. */
import { execFile } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { copyProject } from "../../platform/project-copy.ts";

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let project: Awaited<ReturnType<typeof copyProject>>;
let out: string;

function run(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      command,
      args,
      {
        cwd: project.dir,
        env: { ...process.env, NO_COLOR: "1", GITHUB_ACTIONS: "", GITHUB_STEP_SUMMARY: "", ...env },
        timeout: 240_000,
        maxBuffer: 64 * 1024 * 1024,
      },
      (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, stdout, stderr }),
    );
  });
}

async function git(...args: string[]): Promise<void> {
  const identity = [
    "-c",
    "user.name=Test",
    "-c",
    "user.email=test@example.com",
    "-c",
    "commit.gpgsign=false",
    "-c",
    "core.hooksPath=/dev/null",
  ];
  const ended = await run("git", [...identity, ...args]);
  if (ended.code !== 0) throw new Error(`git ${args.join(" ")}: ${ended.stderr}`);
}

beforeAll(async () => {
  project = await copyProject();
  await git("init", "-q", "-b", "main");
  await git("add", "-A");
  await git("commit", "-q", "-m", "base");
}, 120_000);
afterAll(() => project?.remove());
beforeEach(async () => {
  await git("checkout", "-q", "-f", "main");
  await git("clean", "-fdq", "topics", "stacks");
  await git("checkout", "-q", "-B", "change");
  out = mkdtempSync(join(tmpdir(), "review-"));
  return () => rmSync(out, { recursive: true, force: true });
});

const edit = (path: string, change: (text: string) => string): void =>
  writeFileSync(join(project.dir, path), change(readFileSync(join(project.dir, path), "utf8")));
const result = (name: string): string => readFileSync(join(out, name), "utf8");
const review = (env?: Readonly<Record<string, string>>): Promise<Ended> =>
  run("bash", ["ci/review.sh", "main", out], env);

async function committed(): Promise<void> {
  await git("add", "-A");
  await git("commit", "-q", "-m", "change");
}

describe("a review", () => {
  it("of nothing is good, and says so", async () => {
    expect((await review()).code).toBe(0);
    expect(JSON.parse(result("diff.json"))).toMatchObject({ verdict: "safe", changes: [] });
    expect(JSON.parse(result("check.sarif"))).toMatchObject({ version: "2.1.0" });
    expect(result("comment.md")).not.toBe("");
  }, 240_000);

  it("of a harmless change names it", async () => {
    edit("topics/order.yaml", (text) => text.replace("retention: 7d", "retention: 14d"));
    await committed();
    expect((await review()).code).toBe(0);
    expect(result("comment.md")).toContain("order-events");
  }, 240_000);

  it("of fewer partitions refuses, in the exit code, the comment and the document", async () => {
    edit("topics/order.yaml", (text) =>
      text.replace("partitions: 30", "partitions: 12").replaceAll("instances: 10", "instances: 5"),
    );
    await committed();
    expect((await review()).code).toBe(1);
    expect(JSON.parse(result("diff.json"))).toMatchObject({ verdict: "refused" });
    expect(result("comment.md")).toMatch(/refused|blocked/i);
    expect(result("comment.md")).toContain("order-events");
  }, 240_000);

  it("of what cannot be read says where, also in the comment", async () => {
    edit("topics/order.yaml", (text) => text.replace("partitions: 30", "partitons: 30"));
    await committed();
    const { code, stdout } = await review({ GITHUB_ACTIONS: "true" });
    expect(code).toBeGreaterThan(0);
    expect(stdout).toMatch(/^::error file=topics\/order\.yaml,line=\d+/m);
    expect(result("comment.md")).toMatch(/partitons[^]*did you mean "partitions"/);
  }, 240_000);

  it("keeps what people typed from becoming markup or a mention", async () => {
    appendFileSync(
      join(project.dir, "topics/order.yaml"),
      [
        "  order-remarks:",
        '    description: "</details><img src=x onerror=alert(1)> @everyone [x](javascript:alert(1)) | `a`"',
        "    partitions: 6",
        "    key: orderId",
        "    events:",
        "      order.remarked: {schema: schemas/order/OrderRemarked.avsc}",
        "    producers:",
        "      order-service: {quota: 1MiB/s}",
        "",
      ].join("\n"),
    );
    writeFileSync(
      join(project.dir, "topics/schemas/order/OrderRemarked.avsc"),
      JSON.stringify({
        type: "record",
        name: "OrderRemarked",
        namespace: "com.globalmart.events",
        doc: "A remark.",
        fields: [{ name: "orderId", type: "string", doc: "Order." }],
      }),
    );
    await committed();
    await review();
    const comment = result("comment.md");
    expect(comment).toContain("order-remarks");
    expect(comment).not.toMatch(/<img|(?<![\\\w`])@everyone|\]\(javascript/);
    expect(comment.length).toBeLessThan(60_000);
  }, 240_000);

  it("of an unusual replication factor is red, as its comment says", async () => {
    edit("topics/order.yaml", (text) => text.replace("partitions: 30", "partitions: 30\n    replicationFactor: 4"));
    await committed();
    expect((await review()).code).toBe(1);
    expect(JSON.parse(result("diff.json"))).toMatchObject({ verdict: "refused" });
    expect(result("comment.md")).toMatch(/blocked[^]*`replication-change`[^]*npx kit check --base main --stack prod/);
    expect(JSON.parse(result("check.json"))).toMatchObject({ summary: { errors: 1 } });
  }, 240_000);

  it("judges a commit by the kit of the checkout, whatever that commit makes of the kit", async () => {
    edit("topics/order.yaml", (text) =>
      text.replace("partitions: 30", "partitions: 12").replaceAll("instances: 10", "instances: 5"),
    );
    edit(
      "policies/check.ts",
      () =>
        "export const checkDeclaration = () => ({ findings: [], excepted: [], summary: { errors: 0, warnings: 0, files: 0, topics: 0 } });\n",
    );
    edit("ci/review.sh", () => "#!/usr/bin/env bash\nexit 0\n");
    await committed();
    await git("checkout", "-q", "main");
    const { code } = await run("bash", ["ci/review.sh", "main", out, "change"]);
    expect(code).toBe(1);
    expect(JSON.parse(result("diff.json"))).toMatchObject({ verdict: "refused", head: "change" });
  }, 240_000);

  it("appends to the summary of the run where there is one", async () => {
    const summary = join(out, "summary.md");
    await review({ GITHUB_STEP_SUMMARY: summary });
    expect(readFileSync(summary, "utf8")).toBe(result("comment.md"));
  }, 240_000);

  it("needs a base", async () => {
    // Not 1, which would be read as a broken rule.
    expect(await run("bash", ["ci/review.sh"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("usage: ci/review.sh BASE") as string,
    });
    expect((await run("bash", ["ci/review.sh", "no-such-branch", out])).code).toBe(2);
    expect(result("comment.md")).toMatch(
      /^<!-- kit diff: [a-z]+ -->\n[^]*"no-such-branch" is neither a commit nor a folder with topics\//,
    );
  }, 240_000);
});
