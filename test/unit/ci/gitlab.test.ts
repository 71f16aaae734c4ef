/** `ci/gitlab.yml`: valid by GitLab's schema, as data, and its review run as a runner runs it. */
import { execFile } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { copyProject } from "../../platform/project-copy.ts";

const root = join(import.meta.dirname, "../../..");
const path = "ci/gitlab.yml";
const text = readFileSync(join(root, path), "utf8");

interface Rule {
  readonly if: string;
  readonly changes?: readonly string[];
  readonly when?: string;
}
interface Job {
  readonly extends?: string;
  readonly script: readonly string[];
  readonly rules: readonly Rule[];
  readonly needs?: readonly string[];
  readonly timeout?: string;
  readonly environment?: { readonly name: string; readonly action: string };
  readonly artifacts?: { readonly paths?: readonly string[]; readonly reports?: Readonly<Record<string, string>> };
}
const file = parse(text, { merge: true }) as Readonly<Record<string, unknown>>;
const job = (name: string): Job => file[name] as Job;
const base = file[".base"] as {
  readonly variables: Readonly<Record<string, string>>;
  readonly before_script: readonly string[];
};
const jobs = Object.keys(file).filter((name) => Array.isArray((file[name] as { script?: unknown }).script));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      command,
      args,
      {
        cwd,
        env: {
          ...process.env,
          NO_COLOR: "1",
          GITHUB_ACTIONS: "",
          GITHUB_STEP_SUMMARY: "",
          GIT_CONFIG_GLOBAL: "/dev/null",
          ...env,
        },
        timeout: 240_000,
        maxBuffer: 64 * 1024 * 1024,
      },
      (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, stdout, stderr }),
    );
  });
}

describe("to GitLab", () => {
  let dir: string;
  const git = async (...args: string[]): Promise<void> => {
    const ended = await run(
      "git",
      ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false", ...args],
      dir,
    );
    if (ended.code !== 0) throw new Error(`git ${args.join(" ")}: ${ended.stderr}`);
  };

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "gitlab-"));
    await git("init", "-q", "-b", "main");
    await git("remote", "add", "origin", "git@gitlab.example.com:group/project.git");
    await git("commit", "-q", "--allow-empty", "-m", "base");
    await git("update-ref", "refs/remotes/origin/main", "HEAD");
    await git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main");
    await git("checkout", "-q", "-b", "change");
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  /** Jobs of a pipeline for a branch that changes a file, by a kept reimplementation of GitLab's rules that also holds the file to GitLab's schema. */
  async function pipeline(
    changed: string,
    variables: Readonly<Record<string, string>>,
    content = text,
  ): Promise<{ code: number; stderr: string; jobs: string[] }> {
    await git("reset", "-q", "--hard", "main");
    mkdirSync(join(dir, changed, ".."), { recursive: true });
    writeFileSync(join(dir, changed), "changed\n");
    writeFileSync(join(dir, ".gitlab-ci.yml"), content);
    await git("add", "-A");
    await git("commit", "-q", "-m", "change");
    const args = Object.entries(variables).flatMap(([name, value]) => ["--variable", `${name}=${value}`]);
    const ended = await run(
      process.execPath,
      [join(root, "node_modules/gitlab-ci-local/dist/index.js"), "--list-json", ...args],
      dir,
    );
    const listed =
      ended.code === 0
        ? (JSON.parse(ended.stdout.slice(ended.stdout.search(/^\[$/m))) as { name: string; when: string }[])
            .filter(({ when }) => when !== "never")
            .map(({ name }) => name)
        : [];
    return { code: ended.code, stderr: ended.stderr, jobs: listed.sort() };
  }
  const ours = {
    CI_PIPELINE_SOURCE: "merge_request_event",
    CI_MERGE_REQUEST_SOURCE_PROJECT_ID: "1",
    CI_PROJECT_ID: "1",
  };
  const forks = { ...ours, CI_MERGE_REQUEST_SOURCE_PROJECT_ID: "2" };

  it.each([
    ["a change of topics", "topics/order.yaml", ours, ["comment", "review", "test"]],
    ["a change of topics in a fork", "topics/order.yaml", forks, ["review", "test"]],
    ["a change of the judge", "cli/main.ts", ours, ["comment", "judge", "review", "test"]],
    ["a new exception", "policies/exceptions.yaml", ours, ["comment", "review", "test"]],
    ["a change of words", "README.md", ours, ["test"]],
    ["a schedule", "README.md", { CI_PIPELINE_SOURCE: "schedule", DRIFT_STACK: "prod" }, ["look", "report"]],
  ])(
    "%s starts what it needs",
    async (_, changed, variables, expected) => {
      const { code, stderr, jobs: started } = await pipeline(changed, variables);
      expect(code, stderr).toBe(0);
      expect(started).toEqual(expected);
    },
    240_000,
  );

  it("a mistake would be one", async () => {
    const { code, stderr } = await pipeline("README.md", ours, text.replace("artifacts:", "artefacts:"));
    expect(code).toBe(1);
    expect(stderr).toContain("artefacts");
  }, 240_000);
});

describe("as data", () => {
  it("gives variables to the jobs that need them alone, and those run nothing of a merge request", () => {
    const scoped = jobs.filter((name) => job(name).environment !== undefined);
    expect(Object.fromEntries(scoped.map((name) => [name, job(name).environment?.name]))).toEqual({
      comment: "review-comment",
      look: "$DRIFT_STACK-drift",
      report: "drift-report",
    });
    for (const name of scoped) expect(job(name).environment?.action, name).toBe("prepare");
    for (const name of ["comment", "report"])
      expect(job(name).script).toEqual([expect.stringMatching(/^node ci\/publish\/main\.ts /)]);
    expect(job("comment").extends).toBe(".base");
  });

  it("gives merge requests of forks no token", () => {
    for (const rule of job("comment").rules)
      expect(rule.if).toBe(
        '$CI_PIPELINE_SOURCE == "merge_request_event" && $CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID',
      );
  });

  it("looks at stacks by schedule alone", () => {
    for (const name of ["look", "report"])
      for (const rule of job(name).rules) expect(rule.if).toBe('$CI_PIPELINE_SOURCE == "schedule" && $DRIFT_STACK');
  });

  it("never checks out what a merge request holds where it judges or publishes", () => {
    expect(base.variables).toMatchObject({ GIT_CHECKOUT: "false" });
    for (const name of ["review", "comment"]) {
      expect(job(name).extends).toBe(".base");
      expect(job(name).script.join("\n")).not.toMatch(/git (?:checkout|switch|merge|pull|reset|worktree|restore)/);
    }
  });

  it("starts for what GitHub's workflows start for", () => {
    const workflow = (name: string, event: string): string[] => {
      const { on } = parse(readFileSync(join(root, ".github/workflows", name), "utf8")) as {
        on: Record<string, { paths: string[] }>;
      };
      return (on[event]?.paths ?? [])
        .filter((each) => !each.startsWith("!"))
        .map((each) => each.replace(/\/\*\*$/, "/**/*"))
        .sort();
    };
    expect([...(job("review").rules[0]?.changes ?? [])].sort()).toEqual(workflow("review.yml", "pull_request_target"));
    expect(job("comment").rules[0]?.changes).toEqual(job("review").rules[0]?.changes);
    const policies = (each: string): boolean => !each.startsWith("policies/");
    expect([...(job("judge").rules[0]?.changes ?? [])].filter(policies).sort()).toEqual(
      workflow("judge.yml", "pull_request").filter(policies),
    );
  });

  it("shows findings at their lines", () => {
    expect(job("review").artifacts).toMatchObject({
      paths: ["review/"],
      reports: { codequality: "review/codequality.json" },
    });
  });

  it("names scripts that are there and can be run", () => {
    for (const script of new Set(
      jobs.flatMap((name) => job(name).script.flatMap((line) => line.match(/(?<![\w/])\.?ci\/[\w./-]+/g) ?? [])),
    )) {
      const { mode } = statSync(join(root, script));
      if (!script.endsWith(".ts")) expect(mode & 0o100, script).not.toBe(0);
    }
  });
});

/** A merge request in a clone, as a runner prepares it, and the job's lines in one shell, as a runner runs them. */
describe("the review of a merge request", () => {
  let project: Awaited<ReturnType<typeof copyProject>>;
  let tools: string;
  const git = async (dir: string, ...args: string[]): Promise<string> => {
    const ended = await run(
      "git",
      ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false", ...args],
      dir,
    );
    if (ended.code !== 0) throw new Error(`git ${args.join(" ")}: ${ended.stderr}`);
    return ended.stdout.trim();
  };

  beforeAll(async () => {
    project = await copyProject();
    await git(project.dir, "init", "-q", "-b", "main");
    // In the copy it is a link, which the ignored folder's name does not cover.
    appendFileSync(join(project.dir, ".git/info/exclude"), "node_modules\n");
    await git(project.dir, "add", "-A");
    await git(project.dir, "commit", "-q", "-m", "base");
    // The packages of this checkout in place of a download, at the moment at which the job installs its own.
    tools = mkdtempSync(join(tmpdir(), "tools-"));
    writeFileSync(
      join(tools, "npm"),
      `#!/bin/sh\n[ "$*" = "ci --ignore-scripts" ] && ln -sT '${join(root, "node_modules")}' node_modules\n`,
    );
    chmodSync(join(tools, "npm"), 0o755);
    symlinkSync(process.execPath, join(tools, "node"));
  }, 240_000);
  afterAll(async () => {
    await project?.remove();
    rmSync(tools, { recursive: true, force: true });
  });

  async function reviewed(change: (dir: string) => void): Promise<Ended & { readonly file: (name: string) => string }> {
    await git(project.dir, "checkout", "-q", "-B", "change", "main");
    change(project.dir);
    await git(project.dir, "add", "-A");
    await git(project.dir, "commit", "-q", "-m", "change");
    const head = await git(project.dir, "rev-parse", "HEAD");
    const clone = mkdtempSync(join(tmpdir(), "clone-"));
    await git(clone, "clone", "-q", "--no-checkout", project.dir, ".");
    const script = [...base.before_script, ...job("review").script].join("\n");
    const ended = await run("bash", ["-eo", "pipefail", "-c", script], clone, {
      PATH: `${tools}${delimiter}${process.env.PATH ?? ""}`,
      GITLAB_CI: "true",
      CI_MERGE_REQUEST_TARGET_BRANCH_NAME: "main",
      CI_COMMIT_SHA: head,
    });
    const kept = mkdtempSync(join(tmpdir(), "review-"));
    mkdirSync(join(clone, "review"), { recursive: true });
    cpSync(join(clone, "review"), kept, { recursive: true });
    const file = (name: string): string => readFileSync(join(kept, name), "utf8");
    const result = { ...ended, file: (name: string) => file(name) };
    rmSync(clone, { recursive: true, force: true });
    folders.push(kept);
    return result;
  }
  const folders: string[] = [];
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
  const edit = (dir: string, name: string, change: (content: string) => string): void =>
    writeFileSync(join(dir, name), change(readFileSync(join(dir, name), "utf8")));

  it("refuses what the target branch's judge refuses, whatever the change makes of the judge", async () => {
    const ended = await reviewed((dir) => {
      edit(dir, "topics/order.yaml", (content) =>
        content.replace("partitions: 30", "partitions: 12").replaceAll("instances: 10", "instances: 5"),
      );
      writeFileSync(join(dir, "ci/review.sh"), "#!/bin/sh\ntouch /tmp/never; exit 0\n");
      writeFileSync(join(dir, "cli/kit.mjs"), "process.exit(0);\n");
    });
    expect(ended, ended.stderr).toMatchObject({ code: 1 });
    expect(JSON.parse(ended.file("diff.json"))).toMatchObject({ verdict: "refused" });
    const report = JSON.parse(ended.file("codequality.json")) as { severity: string; location: { path: string } }[];
    expect(report.some(({ severity, location }) => severity === "major" && location.path === "topics/order.yaml")).toBe(
      true,
    );
  }, 240_000);

  it("of a harmless change is good", async () => {
    const ended = await reviewed((dir) =>
      edit(dir, "topics/order.yaml", (content) =>
        content.replace("The life of an order", "The whole life of an order"),
      ),
    );
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    expect(JSON.parse(ended.file("diff.json"))).toMatchObject({ verdict: "safe" });
  }, 240_000);
});
