/** The workflows as data: what they may do, what they run, and that nothing from outside becomes a command. */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { registerHooks } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

// GitHub's parser imports JSON without saying so, which Node refuses.
const hooks = registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    return found.url.endsWith(".json") ? { ...found, importAttributes: { type: "json" } } : found;
  },
});
const { NoOperationTraceWriter, parseWorkflow } = await import("@actions/workflow-parser");
hooks.deregister();

const root = join(import.meta.dirname, "../../..");
const folder = join(root, ".github");
const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
  .sort();
const text = (path: string): string => readFileSync(join(root, path), "utf8");

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}
interface Job {
  readonly steps?: readonly Step[];
  readonly uses?: string;
  readonly permissions?: unknown;
  readonly environment?: string;
  readonly "timeout-minutes"?: number;
}
interface Workflow {
  readonly on?: Readonly<Record<string, unknown>>;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs?: Readonly<Record<string, Job>>;
  readonly runs?: { readonly steps: readonly Step[] };
}
const read = (path: string): Workflow => parse(text(path)) as Workflow;
const stepsOf = (workflow: Workflow): readonly Step[] => [
  ...Object.values(workflow.jobs ?? {}).flatMap((job) => job.steps ?? []),
  ...(workflow.runs?.steps ?? []),
];
const workflows = paths.filter((path) => path.includes("/workflows/"));

describe.each(paths)("%s", (path) => {
  it("pins every action by commit, with its version behind it", () => {
    for (const { uses } of stepsOf(read(path)))
      if (uses !== undefined && !uses.startsWith("./")) expect(uses).toMatch(/@[0-9a-f]{40}$/);
    for (const line of text(path)
      .split("\n")
      .filter((each) => /uses: [^.]/.test(each)))
      expect(line).toMatch(/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it("puts nothing that comes from outside into a command", () => {
    for (const { run } of stepsOf(read(path))) expect(run ?? "").not.toContain("${{");
    for (const step of stepsOf(read(path))) expect(String(step.with?.script ?? "")).not.toContain("${{");
  });

  it("leaves no credentials of the checkout behind", () => {
    for (const step of stepsOf(read(path)))
      if (step.uses?.startsWith("actions/checkout@")) expect(step.with).toMatchObject({ "persist-credentials": false });
  });
});

describe.each(workflows)("%s", (path) => {
  it("is a workflow to GitHub's own parser", () => {
    const { context, value } = parseWorkflow({ name: path, content: text(path) }, new NoOperationTraceWriter());
    expect(context.errors.getErrors().map(({ message }) => message)).toEqual([]);
    expect(value).toBeDefined();
  });

  it("says what it may do, and each of its jobs ends", () => {
    const { permissions, jobs = {} } = read(path);
    expect(permissions).toBeDefined();
    for (const [name, job] of Object.entries(jobs))
      if (job.uses === undefined) expect(job["timeout-minutes"], name).toBeLessThanOrEqual(90);
  });
});

it("pull requests, also of forks, are run without secrets and without the right to write", () => {
  const untrusted = workflows.filter((path) => Object.keys(read(path).on ?? {}).includes("pull_request"));
  expect(untrusted).toEqual([".github/workflows/judge.yml", ".github/workflows/test.yml"]);
  for (const path of untrusted) {
    expect(text(path)).not.toContain("secrets.");
    expect(read(path).permissions).toEqual({ contents: "read" });
  }
});

describe("the review of a pull request", () => {
  const path = ".github/workflows/review.yml";
  const { on = {}, permissions, jobs = {} } = read(path);

  it("alone runs in the base's context: the workflow, the kit and the rules are the base's", () => {
    expect(workflows.filter((each) => Object.keys(read(each).on ?? {}).includes("pull_request_target"))).toEqual([
      path,
    ]);
    expect(Object.keys(on)).toEqual(["pull_request_target"]);
    const checkouts = stepsOf({ jobs }).filter((step) => step.uses?.startsWith("actions/checkout@"));
    expect(checkouts.length).toBeGreaterThan(0);
    for (const step of checkouts) expect(step.with?.ref).toBe("${{ github.event.pull_request.base.sha }}");
  });

  it("takes only data from the head: nothing of it is checked out or run", () => {
    for (const { run = "" } of stepsOf({ jobs }))
      expect(run).not.toMatch(/git (?:checkout|switch|merge|pull|reset|worktree|restore)/);
    expect(
      stepsOf({ jobs })
        .map(({ run }) => run ?? "")
        .join("\n"),
    ).toContain('ci/review.sh "$BASE" review "$HEAD"');
  });

  it("has no secrets, and where it may write it runs the base's publisher and nothing else", () => {
    expect(text(path)).not.toContain("secrets.");
    expect(permissions).toEqual({ contents: "read" });
    expect(
      Object.entries(jobs)
        .filter(([, job]) => job.permissions !== undefined)
        .map(([name, job]) => [name, job.permissions]),
    ).toEqual([["comment", { contents: "read", "pull-requests": "write" }]]);
    expect((jobs.comment?.steps ?? []).flatMap(({ run }) => (run === undefined ? [] : [run]))).toEqual([
      "node ci/publish/main.ts comment review/comment.md",
    ]);
  });

  it("starts for everything that decides, and a change of the judge has a check of its own", () => {
    const pathsOf = (workflow: Workflow, event: string): readonly string[] =>
      (workflow.on?.[event] as { readonly paths: readonly string[] }).paths;
    const deciding = [
      "cli/**",
      "policies/**",
      "ci/**",
      "components/**",
      "service-templates/**",
      ".github/**",
      "package-lock.json",
    ];
    expect(pathsOf(read(path), "pull_request_target")).toEqual(
      expect.arrayContaining(["topics/**", "stacks/**", ...deciding]),
    );
    expect(pathsOf(read(".github/workflows/judge.yml"), "pull_request")).toEqual(
      expect.arrayContaining([...deciding, "!policies/exceptions.yaml"]),
    );
  });
});

describe("the drift workflow", () => {
  const { on = {}, permissions, jobs = {} } = read(".github/workflows/drift.yml");

  it("runs by schedule or by hand, on the default branch alone", () => {
    expect(Object.keys(on)).toEqual(["schedule", "workflow_dispatch"]);
    expect((jobs.look as { if?: string }).if).toContain("github.ref_name == github.event.repository.default_branch");
    expect(permissions).toEqual({ contents: "read" });
  });

  it("writes issues where it has no way to the servers, and the other way round", () => {
    expect(jobs.look?.permissions).toBeUndefined();
    expect(JSON.stringify(jobs.report)).not.toMatch(/secrets\.|KAFKA_|environment/);
    expect(jobs.report?.permissions).toEqual({ contents: "read", issues: "write" });
    expect((jobs.report?.steps ?? []).flatMap(({ run }) => (run === undefined ? [] : [run]))).toEqual([
      "node ci/publish/main.ts drift drift/drift.json",
    ]);
  });

  it("gives the password to one step", () => {
    const holders = stepsOf({ jobs }).filter((step) => JSON.stringify(step).includes("secrets."));
    expect(holders.map(({ run }) => run)).toEqual(['ci/drift.sh "$STACK" drift || [ $? -eq 1 ]']);
  });
});

it("each environment is previewed, then approved, then gets the plan that was seen", () => {
  const { jobs = {} } = read(".github/workflows/deploy-stack.yml");
  expect(jobs.preview?.environment).toBe("${{ inputs.stack }}-preview");
  expect(jobs.up?.environment).toBe("${{ inputs.stack }}");
  const commands = stepsOf({ jobs })
    .map(({ run }) => run ?? "")
    .join("\n");
  expect(commands).toMatch(/pulumi preview .*--policy-pack policies --save-plan plan\.json/);
  expect(commands).toMatch(/pulumi up .*--policy-pack policies --plan plan\.json/);
});

it("every script that a workflow runs is there and can be run", () => {
  const scripts = new Set(
    paths
      .flatMap((path) => [...text(path).matchAll(/(?<![\w/])(?:\.?ci)\/[\w.-]+/g)].map(([script]) => script))
      .filter((script) => !script.endsWith("**")),
  );
  expect([...scripts].sort()).toEqual([
    ".ci/run",
    "ci/drift.sh",
    "ci/publish",
    "ci/review.sh",
    "ci/with-kubeconfig.sh",
  ]);
  for (const script of scripts)
    if (statSync(join(root, script)).isFile()) expect(statSync(join(root, script)).mode & 0o100, script).not.toBe(0);
});

describe("ci/with-kubeconfig.sh", () => {
  const run = (content: string | undefined, command: string): Promise<{ code: number; stdout: string }> =>
    new Promise((resolve) => {
      const dir = mkdtempSync(join(tmpdir(), "kubeconfig-"));
      execFile(
        join(root, "ci/with-kubeconfig.sh"),
        ["bash", "-c", command],
        {
          env: {
            PATH: process.env.PATH ?? "",
            TMPDIR: dir,
            ...(content === undefined ? {} : { KUBECONFIG_CONTENT: content }),
          },
        },
        (error, stdout) => {
          const left = readdirSync(dir);
          rmSync(dir, { recursive: true });
          expect(left, "files left behind").toEqual([]);
          resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout });
        },
      );
    });

  it("gives the command a file for its owner alone, hides the variable, and keeps the exit code", async () => {
    expect(
      await run(
        "apiVersion: v1",
        'stat -c %a "$KUBECONFIG"; cat "$KUBECONFIG"; echo "${KUBECONFIG_CONTENT:-hidden}"; exit 7',
      ),
    ).toEqual({ code: 7, stdout: "600\napiVersion: v1\nhidden\n" });
  });

  it("runs the command as it is without one", async () => {
    expect(await run(undefined, 'echo "${KUBECONFIG:-none}"')).toEqual({ code: 0, stdout: "none\n" });
  });
});
