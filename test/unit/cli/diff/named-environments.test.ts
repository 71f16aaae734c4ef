import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CommandContext } from "../../../../cli/context.ts";
import { runProgram } from "../../../../cli/program.ts";
import { type GitRepository, gitRepository } from "./git-repository.ts";

let repo: GitRepository;
beforeEach(async () => {
  repo = await gitRepository();
  const prod = await readFile(join(repo.dir, "stacks/Pulumi.prod.yaml"), "utf8");
  await repo.write({ "stacks/Pulumi.staging.yaml": prod, "stacks/Pulumi.dev.yaml": prod });
  repo.commit("three environments");
});
afterEach(async () => repo.remove());

async function kit(
  ...args: string[]
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  const context = {
    projectDir: repo.dir,
    stateDir: join(tmpdir(), "none"),
    env: { PATH: process.env.PATH, KIT_TODAY: "2026-11-25" },
    ...streams,
    now: () => 0,
  } as unknown as CommandContext;
  const code = await runProgram(context, args);
  return { code, stdout: String(streams.stdout.read() ?? ""), stderr: String(streams.stderr.read() ?? "") };
}

async function say(settings: string): Promise<void> {
  const text = await readFile(join(repo.dir, "topics/order.yaml"), "utf8");
  const changed = text.replace(
    "    retention: 7d\n    key: orderId\n",
    `    retention: 7d\n    key: orderId\n${settings
      .split("\n")
      .map((line) => `    ${line}`)
      .join("\n")}\n`,
  );
  expect(changed).not.toBe(text);
  await repo.write({ "topics/order.yaml": changed });
}

interface Document {
  readonly verdict: string;
  readonly changes: readonly {
    readonly stack?: string;
    readonly object: string;
    readonly field?: string;
    readonly hazard: string;
    readonly effects: readonly string[];
  }[];
  readonly findings: readonly {
    readonly rule: string;
    readonly stack?: string;
    readonly message: string;
    readonly level: string;
  }[];
  readonly problems: readonly { readonly rule: string; readonly message: string }[];
  readonly ahead: readonly {
    readonly stack: string;
    readonly behind: string;
    readonly verdict: string;
    readonly rows: readonly { readonly topic: string }[];
  }[];
  readonly digest: string;
}
const json = async (...args: string[]): Promise<Document & { readonly code: number }> => {
  const { code, stdout, stderr } = await kit(...args, "--json");
  expect(stdout, stderr).not.toBe("");
  return { code, ...(JSON.parse(stdout) as Document) };
};

describe("a change that names other environments", () => {
  it("is judged for each of them, with the worst verdict and the environment's name", async () => {
    await say("overrides:\n  dev: {retention: 1d}\n  staging: {partitions: 12}");
    const { verdict, changes, code } = await json("diff", "--base", "HEAD", "--stack", "prod");
    expect(changes.map(({ stack, field, hazard }) => [stack, field, hazard])).toEqual([
      ["dev", "retention", "irreversible"],
      ["staging", "partitions", "approval"],
    ]);
    expect(changes[0]?.effects[0]).toMatch(/^in dev: records older than 1d are deleted/);
    expect({ verdict, code }).toEqual({ verdict: "irreversible", code: 0 });
    expect((await kit("diff", "--base", "HEAD", "--format", "markdown")).stdout).toContain(
      "in dev: records older than 1d",
    );
  });

  it("is refused by check and diff alike where one of them refuses it", async () => {
    await say("overrides:\n  dev: {partitions: 12}");
    repo.commit("more partitions in dev");
    const text = await readFile(join(repo.dir, "topics/order.yaml"), "utf8");
    await repo.write({ "topics/order.yaml": text.replace("    overrides:\n      dev: {partitions: 12}\n", "") });
    const diff = await json("diff", "--base", "HEAD");
    expect(diff).toMatchObject({
      verdict: "refused",
      code: 1,
      changes: [{ stack: "dev", field: "partitions", hazard: "refused" }],
    });
    expect(diff.digest).toMatch(/-refused$/);
    const check = await json("check", "--base", "HEAD");
    expect(check.code).toBe(1);
    expect(
      check.findings
        .filter(({ level }) => level === "error")
        .map(({ rule, message }) => `${rule} ${message}`)
        .join("\n"),
    ).toMatch(/in dev/);
  });

  it("does not repeat for them what it does everywhere", async () => {
    await say("overrides:\n  dev: {retention: 7d}");
    repo.commit("the same in dev");
    const text = await readFile(join(repo.dir, "topics/order.yaml"), "utf8");
    await repo.write({
      "topics/order.yaml": text.replace("description: The life of an order.", "description: The life of one order."),
    });
    expect((await json("diff", "--base", "HEAD")).changes).toHaveLength(1);
  });

  it("can't be compared where one of them can't be read", async () => {
    await say("segmentAge: 3d\noverrides:\n  dev: {retention: 1d}");
    const { code, problems } = await json("diff", "--base", "HEAD");
    expect({ code, rules: problems.map(({ rule, message }) => [rule, message.slice(0, 7)]) }).toEqual({
      code: 2,
      rules: [["segment-unfit", "in dev:"]],
    });
  });

  it("names an environment that there is none of, with the one that was meant", async () => {
    await say("overrides:\n  stagin: {retention: 1d}");
    for (const command of [["check"], ["diff", "--base", "HEAD"]]) {
      const { code, stdout, stderr } = await kit(...command);
      expect(code).not.toBe(0);
      expect(stdout + stderr).toMatch(/there is no stack "stagin"[^]*did you mean "staging"/);
    }
  });
});

describe("kit check", () => {
  it("looks at each environment that topics name, and says so", async () => {
    await say("overrides:\n  dev: {replicationFactor: 2, minInsyncReplicas: 1}");
    const { code, findings } = await json("check");
    expect(code).toBe(1);
    expect(findings.filter(({ level }) => level === "error")).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          rule: "replication-factor",
          stack: "dev",
          message: expect.stringMatching(/^in dev: 2 replicas/) as string,
        }),
      ]),
    );
    expect((await json("check", "--stack", "staging")).code).toBe(1);
  });
});

describe("kit diff of two environments", () => {
  it("says by what one is ahead of the other, and what promoting it is", async () => {
    await say("overrides:\n  staging: {partitions: 12}");
    const { stdout } = await kit("diff", "--stack", "staging", "--stack", "prod");
    expect(stdout).toMatch(
      /staging is ahead of prod by 1 setting; promoting all of it needs approval of checkout, insights, payments/,
    );
    expect(stdout).toMatch(/order-events partitions +12 +6 +approval: keys move/);
    expect(await json("diff", "--stack", "prod", "--stack", "staging")).toMatchObject({
      ahead: [{ stack: "staging", behind: "prod", verdict: "approval", rows: [{ topic: "order-events" }] }],
    });
    expect((await kit("diff", "--stack", "staging", "--stack", "prod", "--format", "markdown")).stdout).toMatch(
      /\| order-events partitions \| 12 \| 6 \|/,
    );
  });

  it("says nothing of that where no file does", async () => {
    expect((await json("diff", "--stack", "staging", "--stack", "prod")).ahead).toEqual([]);
  });
});
