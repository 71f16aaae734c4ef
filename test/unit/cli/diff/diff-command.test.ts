import { readFileSync } from "node:fs";
import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import type { CommandContext } from "../../../../cli/context.ts";
import { commentLimit } from "../../../../cli/diff/markdown.ts";
import { runProgram } from "../../../../cli/program.ts";
import { type GitRepository, gitRepository } from "./git-repository.ts";

const repositories: GitRepository[] = [];
afterEach(async () => {
  for (const repository of repositories.splice(0)) await repository.remove();
});

async function repository(folder?: string): Promise<GitRepository> {
  const made = await gitRepository(folder);
  repositories.push(made);
  return made;
}

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const kit = (projectDir: string, ...args: string[]): Promise<Ended> => program(projectDir, ["diff", ...args]);
const check = (projectDir: string, ...args: string[]): Promise<Ended> => program(projectDir, ["check", ...args]);

async function program(projectDir: string, args: readonly string[]): Promise<Ended> {
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  const context = {
    projectDir,
    stateDir: join(tmpdir(), "none"),
    env: { PATH: process.env.PATH },
    ...streams,
    now: () => 0,
  } as unknown as CommandContext;
  const code = await runProgram(context, args);
  const textOf = (stream: PassThrough): string => String(stream.read() ?? "");
  return { code, stdout: textOf(streams.stdout), stderr: textOf(streams.stderr) };
}

interface Document {
  readonly verdict: string;
  readonly changes: readonly {
    readonly kind: string;
    readonly object: string;
    readonly field?: string;
    readonly hazard: string;
    readonly effects: readonly string[];
    readonly reviewers: readonly string[];
    readonly source?: object;
  }[];
  readonly capacity: unknown;
  readonly digest: string | null;
  readonly problems: readonly { readonly file: string; readonly rule: string }[];
  readonly findings: readonly { readonly rule: string }[];
  readonly notes: readonly string[];
}

async function json(projectDir: string, ...args: string[]): Promise<Document & { readonly code: number }> {
  const { code, stdout } = await kit(projectDir, ...args, "--json");
  return { code, ...(JSON.parse(stdout) as Document) };
}

const orderFile =
  (partitions: number): ((text: string) => string) =>
  (text) =>
    text.replace(
      "partitions: 6\n    retention: 7d\n    key: orderId",
      `partitions: ${partitions}\n    retention: 7d\n    key: orderId`,
    );

async function edit({ dir, write }: GitRepository, path: string, change: (text: string) => string): Promise<void> {
  const { readFile } = await import("node:fs/promises");
  const text = await readFile(join(dir, path), "utf8");
  expect(change(text), `${path} was to be changed`).not.toBe(text);
  await write({ [path]: change(text) });
}

describe("kit diff", () => {
  it("finds nothing between a commit and an untouched working tree", async () => {
    const { dir } = await repository();
    expect(await json(dir, "--base", "HEAD")).toMatchObject({
      code: 0,
      verdict: "safe",
      changes: [],
      problems: [],
      notes: [],
    });
  });

  it("judges commits, folders and the working tree alike", async () => {
    const repo = await repository();
    const other = await repository();
    const base = repo.git("rev-parse", "HEAD");
    await edit(repo, "topics/order.yaml", orderFile(12));
    const fromTree = await json(repo.dir, "--base", base);
    const head = repo.commit("more partitions");
    const fromCommits = await json(repo.dir, "--base", base, "--head", head);
    const fromFolders = await json(other.dir, "--base", other.dir, "--head", repo.dir);
    expect(fromTree).toMatchObject({ code: 0, verdict: "approval" });
    for (const each of [fromCommits, fromFolders])
      expect({ changes: each.changes, digest: each.digest }).toEqual({
        changes: fromTree.changes,
        digest: fromTree.digest,
      });
  });

  it("works in a project below the repository's root", async () => {
    const repo = await repository("platform/kit");
    await edit(repo, "topics/order.yaml", orderFile(12));
    expect(await json(repo.dir, "--base", "main")).toMatchObject({
      verdict: "approval",
      changes: [{ object: "order-events", field: "partitions" }],
    });
  });

  it("touches nothing in the repository", async () => {
    const repo = await repository();
    await edit(repo, "topics/order.yaml", orderFile(12));
    const before = [repo.git("status", "--porcelain"), repo.git("for-each-ref"), repo.git("rev-parse", "HEAD")];
    await json(repo.dir, "--base", "HEAD");
    expect([repo.git("status", "--porcelain"), repo.git("for-each-ref"), repo.git("rev-parse", "HEAD")]).toEqual(
      before,
    );
  });

  it.each([
    ["refused", 3, 1],
    ["approval", 12, 1],
    ["irreversible", 12, 0],
  ])("with --fail-on %s and %i partitions ends with %i", async (hazard, partitions, code) => {
    const repo = await repository();
    await edit(repo, "topics/order.yaml", (text) =>
      orderFile(partitions)(text).replaceAll("instances: 3", "instances: 2"),
    );
    expect((await kit(repo.dir, "--base", "HEAD", "--fail-on", hazard)).code).toBe(code);
  });

  it("takes the history of a schema from git where the level is transitive", async () => {
    const repo = await repository();
    const schema = (more: string): string =>
      `{"type": "record", "name": "PaymentProcessed", "namespace": "com.example.events", "fields": [{"name": "orderId", "type": "string"}${more}]}`;
    await repo.write({
      "topics/schemas/PaymentProcessed.avsc": schema(', {"name": "fee", "type": "string", "default": ""}'),
    });
    repo.commit("a fee as text");
    await repo.write({ "topics/schemas/PaymentProcessed.avsc": schema("") });
    repo.commit("no fee");
    await repo.write({
      "topics/schemas/PaymentProcessed.avsc": schema(', {"name": "fee", "type": "int", "default": 0}'),
    });
    const found = await json(repo.dir, "--base", "HEAD");
    expect(found).toMatchObject({ code: 1, verdict: "refused" });
    expect(found.changes[0]?.effects.join("\n")).toContain("FULL_TRANSITIVE is broken at fee, 2 versions back");
  });

  it("asks for approval where the history of a schema is not to be had", async () => {
    const repo = await repository();
    const before = await repository();
    await edit(repo, "topics/schemas/PaymentProcessed.avsc", (text) =>
      text.replace(
        '{"name": "orderId", "type": "string"},',
        '{"name": "orderId", "type": "string"}, {"name": "fee", "type": "int", "default": 0},',
      ),
    );
    const found = await json(repo.dir, "--base", before.dir);
    expect(found).toMatchObject({ code: 0, verdict: "approval" });
    expect(found.changes[0]?.effects.join("\n")).toContain("is a folder without history");
    const head = repo.commit("a fee");
    expect((await json(repo.dir, "--base", "HEAD~1", "--head", head)).verdict).toBe("safe");
  });

  it("ends with 3 where a shallow clone lacks the history that is needed", async () => {
    const repo = await repository();
    await edit(repo, "topics/order.yaml", orderFile(12));
    repo.commit("more partitions");
    await edit(repo, "topics/schemas/PaymentProcessed.avsc", (text) =>
      text.replace(
        '{"name": "orderId", "type": "string"},',
        '{"name": "orderId", "type": "string"}, {"name": "fee", "type": "int", "default": 0},',
      ),
    );
    repo.commit("a fee");
    const clone = join(repo.dir, "..", `${basename(repo.dir)}-clone`);
    repo.git("clone", "--quiet", "--depth", "2", `file://${repo.dir}`, clone);
    try {
      const { code, stderr } = await kit(clone, "--base", "HEAD~1");
      expect(code).toBe(3);
      expect(stderr).toMatch(/only part of the history[^]*git fetch --unshallow/);
      // What needs no history is judged there too.
      expect((await kit(clone, "--base", "HEAD")).code).toBe(0);
    } finally {
      await rm(clone, { recursive: true, force: true });
    }
  });

  it("compares with where the head left the base's branch; a range says otherwise", async () => {
    const repo = await repository();
    const start = repo.git("rev-parse", "HEAD");
    repo.git("checkout", "--quiet", "-b", "feature");
    await edit(repo, "topics/order.yaml", orderFile(12));
    repo.commit("more partitions");
    repo.git("checkout", "--quiet", "main");
    await edit(repo, "topics/order.yaml", (text) => text.replace("click-events:", "tap-events:"));
    repo.commit("another topic");
    repo.git("checkout", "--quiet", "feature");
    const own = [{ object: "order-events", field: "partitions" }];
    for (const args of [
      ["--base", "main"],
      ["--base", "main", "--head", "feature"],
      ["--base", "main...feature"],
      ["--base", "main..."],
      ["--base", start],
    ]) {
      const found = await json(repo.dir, ...args);
      expect(found.changes, args.join(" ")).toMatchObject(own);
      expect(found.changes).toHaveLength(1);
    }
    expect((await json(repo.dir, "--base", "main")).notes.join()).toContain("one commit of main that the head lacks");
    expect((await json(repo.dir, "--base", "main..feature")).changes.map(({ object }) => object)).toContain(
      "tap-events",
    );
    expect(await kit(repo.dir, "--base", "main...feature", "--head", "feature")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("names both sides") as string,
    });
  });

  it("takes the folder topics/ itself for a base", async () => {
    const repo = await repository();
    const before = await repository();
    await edit(repo, "topics/order.yaml", orderFile(12));
    expect(await json(repo.dir, "--base", join(before.dir, "topics"))).toMatchObject({
      verdict: "approval",
      changes: [{ object: "order-events" }],
    });
  });

  it("refuses what a rule refuses, in every format and in kit check alike", async () => {
    const repo = await repository();
    await edit(repo, "topics/order.yaml", (text) =>
      text.replace("partitions: 6\n    retention: 7d", "partitions: 6\n    replicationFactor: 4\n    retention: 7d"),
    );
    const found = await json(repo.dir, "--base", "HEAD");
    expect(found).toMatchObject({ code: 1, verdict: "refused", digest: expect.stringMatching(/-refused$/) as string });
    expect(found.findings.map(({ rule }) => rule)).toContain("replication-change");
    const text = await kit(repo.dir, "--base", "HEAD");
    expect(text).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/refused: 1 rule broken[^]*replication-change/) as string,
    });
    expect((await kit(repo.dir, "--base", "HEAD", "--format", "markdown")).code).toBe(1);
    expect((await check(repo.dir, "--base", "HEAD")).code).toBe(1);
    expect((await check(repo.dir)).code).toBe(0);
  });

  it("is what kit check with a base refuses too", async () => {
    const repo = await repository();
    await edit(repo, "topics/order.yaml", (text) => text.slice(0, text.indexOf("  click-events:")));
    expect(await json(repo.dir, "--base", "HEAD")).toMatchObject({ code: 1, verdict: "refused" });
    const { code, stdout } = await check(repo.dir, "--base", "HEAD", "--json");
    expect(code).toBe(1);
    expect(
      (JSON.parse(stdout) as { findings: { rule: string; level: string; object?: string }[] }).findings.filter(
        ({ rule }) => rule === "change-refused",
      ),
    ).toMatchObject([{ level: "error", object: "click-events" }]);
    const head = repo.commit("no clicks");
    expect((await check(repo.dir, "--base", "HEAD~1", "--head", head)).code).toBe(1);
    expect((await check(repo.dir, "--head", head)).code).toBe(0);
  });

  it("names an exception that is added", async () => {
    const repo = await repository();
    await repo.write({
      "policies/exceptions.yaml":
        "exceptions:\n  - {rule: partition-count, object: order-events, reason: Moved to a new topic this year., owner: checkout, expires: 1970-03-31}\n",
    });
    expect(await json(repo.dir, "--base", "HEAD")).toMatchObject({
      verdict: "approval",
      changes: [{ kind: "exception-added", reviewers: ["platform"] }],
    });
  });

  it.each(["--base", "--head", "--stack", "--format"])("refuses an empty value of %s", async (option) => {
    const { dir } = await repository();
    expect(await kit(dir, ...(option === "--base" ? [] : ["--base", "HEAD"]), option, "")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`${option} is empty`) as string,
    });
    expect((await check(dir, "--base", "")).code).toBe(2);
  });

  it("says what is wrong in the head, with place and fix, and has no digest for it", async () => {
    const repo = await repository();
    await edit(repo, "topics/order.yaml", (text) => text.replace("partitions: 6", "partition: 6"));
    const found = await json(repo.dir, "--base", "HEAD");
    expect(found).toMatchObject({ code: 2, verdict: "refused", changes: [], capacity: null, digest: null });
    expect(found.problems.map(({ rule }) => rule)).toContain("unknown-key");
    expect((await kit(repo.dir, "--base", "HEAD")).stderr).toMatch(/topics\/order\.yaml:\d+:\d+ \[unknown-key\]/);
  });

  it("refuses a symbolic link in a commit as it does on disk", async () => {
    const repo = await repository();
    await symlink("/etc/passwd", join(repo.dir, "topics/evil.yaml"));
    const head = repo.commit("a link");
    expect((await json(repo.dir, "--base", "HEAD~1", "--head", head)).problems.map(({ rule }) => rule)).toEqual([
      "file-outside",
    ]);
  });

  it("names the line in the schema's file where it first changes", async () => {
    const repo = await repository();
    await edit(repo, "topics/schemas/OrderCreated.avsc", (text) =>
      text.replace('"symbols": ["WEB", "STORE"]', '"symbols": ["WEB", "STORE", "APP"]'),
    );
    const { changes } = await json(repo.dir, "--base", "HEAD");
    const lines = readFileSync(join(repo.dir, "topics/schemas/OrderCreated.avsc"), "utf8").split("\n");
    const line = lines.findIndex((each) => each.includes("APP"));
    expect(changes.map(({ kind, source }) => ({ kind, source }))).toEqual([
      {
        kind: "schema-changed",
        source: {
          file: "topics/schemas/OrderCreated.avsc",
          line: line + 1,
          column: (lines[line] ?? "").indexOf('"APP"') + 1,
        },
      },
    ]);
    expect((await kit(repo.dir, "--base", "HEAD")).stdout).toContain(`topics/schemas/OrderCreated.avsc:${line + 1}`);
  });

  it("refuses topics/ and stacks/ as symbolic links in a commit as on disk", async () => {
    const repo = await repository();
    for (const folder of ["topics", "stacks"]) {
      await rename(join(repo.dir, folder), join(repo.dir, `real-${folder}`));
      await symlink(`real-${folder}`, join(repo.dir, folder));
    }
    const places = ({ problems }: { problems: readonly { file: string; rule: string }[] }): string[] =>
      problems.map(({ file, rule }) => `${file} ${rule}`);
    const onDisk = places(await json(repo.dir, "--base", "HEAD"));
    const head = repo.commit("links");
    expect(places(await json(repo.dir, "--base", "HEAD~1", "--head", head))).toEqual(onDisk);
    expect(onDisk).toEqual(["stacks/Pulumi.prod.yaml file-outside", "topics/ file-outside"]);
  });

  it("refuses a linked folder, a folder called like a file and an ending in capitals in a commit as on disk", async () => {
    const repo = await repository();
    await symlink("/etc", join(repo.dir, "topics/linked"));
    await symlink("/etc/hostname", join(repo.dir, "topics/README.md"));
    await mkdir(join(repo.dir, "topics/x.yaml"));
    await writeFile(join(repo.dir, "topics/x.yaml/a.yaml"), "domain: a\n");
    await writeFile(join(repo.dir, "topics/x.yaml/b.yaml"), "domain: b\n");
    await writeFile(join(repo.dir, "topics/loud.YAML"), "domain: loud\n");
    const onDisk = (await json(repo.dir, "--base", "HEAD")).problems.map(({ file, rule }) => `${file} ${rule}`);
    const head = repo.commit("odd names");
    expect(
      (await json(repo.dir, "--base", "HEAD~1", "--head", head)).problems.map(({ file, rule }) => `${file} ${rule}`),
    ).toEqual(onDisk);
    expect(onDisk).toEqual([
      "topics/linked/ file-outside",
      "topics/loud.YAML file-misplaced",
      "topics/x.yaml file-unreadable",
    ]);
  });

  it.each([
    [["--base", "nowhere"], "KIT_DIFF_UNKNOWN_REF"],
    [["--base", "--output=/tmp/x"], "KIT_DIFF_UNKNOWN_REF"],
    [["--base", "./nowhere"], "KIT_DIFF_NO_TOPICS"],
    [["--base", "HEAD", "--stack", "nowhere"], "KIT_UNKNOWN_STACK"],
    [["--base", "HEAD", "--stack", "../x"], "KIT_UNKNOWN_STACK"],
    [["--base", "HEAD", "--format", "html"], "KIT_USAGE"],
    [["--base", "HEAD", "--fail-on", "safe"], "KIT_USAGE"],
    [[], "--base is missing"],
  ])("refuses %j", async (args, words) => {
    const { dir } = await repository();
    const { code, stdout, stderr } = await kit(dir, ...args);
    expect(stderr).toContain(words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  it("refuses a base that is not valid, and says whose problems they are", async () => {
    const repo = await repository();
    await edit(repo, "topics/order.yaml", (text) => text.replace("partitions: 6", "partition: 6"));
    repo.commit("broken");
    repo.git("revert", "--no-edit", "HEAD");
    const { code, stderr } = await kit(repo.dir, "--base", "HEAD~1");
    expect(code).toBe(2);
    expect(stderr).toMatch(/HEAD~1: topics\/order\.yaml:\d+/);
    expect(stderr).toContain("KIT_DIFF_BASE_INVALID");
  });

  it("compares a new environment with nothing", async () => {
    const repo = await repository();
    await repo.write({ "stacks/Pulumi.dev.yaml": "config:\n  event-platform:platform: {substrate: local}\n" });
    const found = await json(repo.dir, "--base", "HEAD", "--stack", "dev");
    expect(found.notes).toEqual(["HEAD has no stack dev: everything in it is new"]);
    expect(found.changes.filter(({ kind }) => kind === "topic-added").map(({ object }) => object)).toContain(
      "order-events",
    );
  });

  it("compares two environments of one tree", async () => {
    const repo = await repository();
    await repo.write({
      "stacks/Pulumi.dev.yaml":
        "config:\n  event-platform:platform: {substrate: local, kafka: {zones: [a], brokersPerZone: 1}, topics: {replicationFactor: 1, minInsyncReplicas: 1}}\n",
    });
    const { code, stdout } = await kit(repo.dir, "--stack", "dev", "--stack", "prod");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^topics\.replicationFactor +1 +3$/m);
    expect(stdout).toMatch(/^broker losses with which every topic can be written +0 +1$/m);
    expect(JSON.parse((await kit(repo.dir, "--stack", "dev", "--stack", "prod", "--json")).stdout)).toMatchObject({
      stacks: ["dev", "prod"],
    });
  });
});

describe("the comment of a pull request", () => {
  it("has its nine parts", async () => {
    const repo = await repository();
    await edit(repo, "topics/order.yaml", (text) =>
      orderFile(12)(text)
        .replace("retention: 7d", "retention: 1d")
        .replace("    partitions: 6\n    events:\n      click", "    partitions: 1\n    events:\n      click"),
    );
    await edit(repo, "topics/schemas/OrderCreated.avsc", (text) =>
      text.replace('"fields": [\n', '"fields": [\n    {"name": "coupon", "type": "string"},\n'),
    );
    await edit(repo, "topics/payment.yaml", (text) => text.replace(/ {6}report-service:.*\n/, ""));
    const { code, stdout } = await kit(repo.dir, "--base", "HEAD", "--format", "markdown");
    expect(code).toBe(1);
    for (const part of [
      /^<!-- kit diff: prod -->\n/,
      /\*\*blocked\*\* \(\d+\)/,
      /### Rules broken \(\d+\)[\s\S]*docs\/guide\/policies\.md/,
      /topics \\~2/,
      /### Changes[\s\S]*about 50 % of the values of orderId/,
      /### Access[\s\S]*consumer removed/,
      /### Schemas[\s\S]*BACKWARD is broken at coupon/,
      /<b>Capacity<\/b>[\s\S]*partition replicas per broker/,
      /### Refused: what to do instead[\s\S]*back to 6 or more/,
      /### Irreversible[\s\S]*records older than 1d/,
      /### Rollback\n\n- nothing is applied as long as a change is refused/,
      /\*\*Reviewers:\*\* `checkout`, `insights`, `payments`/,
      /\*\*Plan digest:\*\* `[0-9a-f]{24}-[0-9a-f]{24}-refused`. Nothing applies a refused plan/,
    ])
      expect(stdout).toMatch(part);
  });

  it("names no token for a change that a rule stops", async () => {
    const repo = await repository();
    await edit(repo, "topics/order.yaml", (text) =>
      text.replace("retention: 7d", "retention: 1d\n    minInsyncReplicas: 1"),
    );
    const { stdout } = await kit(repo.dir, "--base", "HEAD", "--format", "markdown");
    expect(stdout).toMatch(
      /\*\*blocked\*\* \(\d+\)[\s\S]*`min-isr-floor`[\s\S]*There is no token for it[\s\S]*Nothing applies a refused plan/,
    );
    expect(stdout).not.toMatch(/Apply it only with this token|applies this plan and no other/);
  });

  it("shows what people wrote as text, whatever they wrote", async () => {
    const repo = await repository();
    const nasty =
      "@everyone <img src=x onerror=alert(1)> [click](https://evil.example) | `code` **bold** ![i](//x) &lt; #1 <!-- -->";
    await edit(repo, "topics/order.yaml", (text) => text.replace("The life of an order.", JSON.stringify(nasty)));
    const { stdout } = await kit(repo.dir, "--base", "HEAD", "--format", "markdown");
    const row = stdout.split("\n").find((line) => line.includes("description")) ?? "";
    expect(row).toContain("&#64;everyone");
    expect(row).not.toMatch(/@everyone|<img|<!--|\]\(http|https:\/\/|(?<!\\)\*\*bold|(?<!\\)`code|(?<!\\)!\[/);
    expect(row.match(/(?<!\\)\|/g)?.length).toBe(5);
  });

  it("stays within its limit for a change of a thousand topics, worst first, and says what it left out", async () => {
    const repo = await repository();
    const domain = (partitions: (index: number) => number): string =>
      `domain: many\nowner: {team: many, contact: "#m"}\ncriticality: low\ntopics:\n${Array.from({ length: 1_000 }, (_, index) => `  many-${index}:\n    description: ${"words ".repeat(20)}\n    partitions: ${partitions(index)}\n    key: id\n    events: {many.e${index}: {schema: schemas/M${index}.avsc}}\n`).join("")}`;
    await repo.write(
      Object.fromEntries(
        Array.from({ length: 1_000 }, (_, index) => [
          `topics/schemas/M${index}.avsc`,
          `{"type": "record", "name": "M${index}", "namespace": "x", "fields": [{"name": "id", "type": "string"}]}`,
        ]),
      ),
    );
    await repo.write({
      "topics/many.yaml": domain(() => 2),
      "stacks/Pulumi.prod.yaml": "config:\n  event-platform:platform: {substrate: local}\n",
    });
    repo.commit("many");
    await repo.write({ "topics/many.yaml": domain((index) => (index === 777 ? 1 : 4)) });
    const { stdout } = await kit(repo.dir, "--base", "HEAD", "--format", "markdown");
    expect(stdout.length).toBeLessThanOrEqual(commentLimit);
    expect(stdout).toMatch(/\| refused \| `many-777` partitions/);
    expect(stdout).toMatch(/\d+ more changes left out here \(\d+ approval\)/);
    expect(stdout).toMatch(/Plan digest/);
  });
});
