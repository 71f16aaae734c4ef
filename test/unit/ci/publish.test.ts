/** The publisher as a job runs it, against servers that answer like GitHub and GitLab. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseDrift } from "../../../ci/publish/drift-report.ts";
import { postText } from "../../../ci/publish/post-text.ts";
import type { ForgeServer } from "./forge-server.ts";
import { OURSELVES, startForge, TOKEN } from "./forge-server.ts";

const root = join(import.meta.dirname, "../../..");
const MARKER = "<!-- event-platform review -->";
const DRIFT = "<!-- event-platform drift: prod -->";
const deviation = {
  class: "differs",
  kind: "topic",
  object: "order-events",
  field: "retention.ms",
  declared: "604800000",
  live: "1",
  owner: "checkout",
  source: { file: "topics/order.yaml", line: 8, column: 3 },
};
const drift = (deviations: readonly unknown[], drifted = deviations.length > 0): string =>
  JSON.stringify({ stack: "prod", drifted, deviations });

let dir: string;
let forge: ForgeServer;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly arguments: readonly string[];
}

function publish(
  kind: keyof typeof OURSELVES,
  what: string,
  text: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const file = join(dir, "text");
  writeFileSync(file, text);
  const args = ["--disable-warning=ExperimentalWarning", "ci/publish/main.ts", what, file];
  const variables =
    kind === "github"
      ? { GITHUB_ACTIONS: "true", GITHUB_API_URL: forge.url, GITHUB_REPOSITORY: "team/project", PULL_REQUEST: "7" }
      : { GITLAB_CI: "true", CI_API_V4_URL: forge.url, CI_PROJECT_ID: "1", CI_MERGE_REQUEST_IID: "7" };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      args,
      {
        cwd: root,
        env: { PATH: process.env.PATH ?? "", PUBLISH_TOKEN: TOKEN, ...variables, ...env },
        timeout: 120_000,
      },
      (error, stdout, stderr) => {
        resolve({
          code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1,
          stdout,
          stderr,
          arguments: args,
        });
      },
    );
  });
}

const writes = (): string[] =>
  forge.asked.filter(({ method }) => method !== "GET").map(({ method, path }) => `${method} ${path}`);

describe.each([
  [
    "github",
    {
      comments: "/repos/team/project/issues/7/comments",
      comment: (id: number) => `PATCH /repos/team/project/issues/comments/${id}`,
      issues: "/repos/team/project/issues",
      issue: (id: number) => `PATCH /repos/team/project/issues/${id}`,
    },
  ],
  [
    "gitlab",
    {
      comments: "/projects/1/merge_requests/7/notes",
      comment: (id: number) => `PUT /projects/1/merge_requests/7/notes/${id}`,
      issues: "/projects/1/issues",
      issue: (id: number) => `PUT /projects/1/issues/${id}`,
    },
  ],
] as const)("on %s", (kind, paths) => {
  const ours = OURSELVES[kind];
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), "publish-"));
    forge = await startForge(kind);
  });
  afterEach(async () => {
    await forge.close();
    rmSync(dir, { recursive: true, force: true });
  });

  describe("the review's comment", () => {
    it("is created once, updated in place, and left alone while it is the same", async () => {
      expect(await publish(kind, "comment", "## safe\n")).toMatchObject({
        code: 0,
        stdout: "The review's comment is created.\n",
      });
      expect(await publish(kind, "comment", "## refused\n")).toMatchObject({
        code: 0,
        stdout: "The review's comment is updated.\n",
      });
      expect(await publish(kind, "comment", "## refused\n")).toMatchObject({
        code: 0,
        stdout: "The review's comment is unchanged.\n",
      });
      expect(writes()).toEqual([`POST ${paths.comments}`, paths.comment(100)]);
      expect(forge.comments.map(({ text }) => text)).toEqual([`${MARKER}\n## refused\n`]);
    }, 240_000);

    it("is found behind many others, and never another author's or a system's", async () => {
      for (let index = 0; index < 150; index += 1)
        forge.comments.push({ id: index, author: "5", text: `${MARKER}\nI say: safe`, state: "open" });
      forge.comments.push(
        { id: 200, author: ours, text: `not first ${MARKER}`, state: "open" },
        { id: 201, author: ours, text: `${MARKER}\nold`, state: "open" },
      );
      expect((await publish(kind, "comment", "new")).code).toBe(0);
      expect(writes()).toEqual([paths.comment(201)]);
      expect(forge.comments.filter(({ text }) => text.includes("I say"))).toHaveLength(150);
    }, 240_000);

    it("asks for nothing but the comments, and has the token in one header alone", async () => {
      const ended = await publish(kind, "comment", "text");
      const reads = forge.asked.filter(({ method }) => method === "GET").map(({ path }) => path.split("?")[0]);
      expect(new Set(reads)).toEqual(new Set(kind === "gitlab" ? ["/user", paths.comments] : [paths.comments]));
      for (const { path, body, headers } of forge.asked) {
        expect(`${path} ${JSON.stringify(body)}`).not.toContain(TOKEN);
        expect(
          Object.entries(headers)
            .filter(([, value]) => String(value).includes(TOKEN))
            .map(([name]) => name),
        ).toEqual([kind === "github" ? "authorization" : "private-token"]);
      }
      expect([ended.stdout, ended.stderr, ...ended.arguments].join("\n")).not.toContain(TOKEN);
    }, 240_000);
  });

  describe("the issue of a stack", () => {
    it("is opened, updated in place, closed when all is as declared, and opened again", async () => {
      expect((await publish(kind, "drift", drift([deviation]))).stdout).toBe("The issue of prod is created.\n");
      expect(
        (await publish(kind, "drift", drift([deviation, { ...deviation, object: "payment-events" }]))).stdout,
      ).toBe("The issue of prod is updated.\n");
      expect(
        (await publish(kind, "drift", drift([deviation, { ...deviation, object: "payment-events" }]))).stdout,
      ).toBe("The issue of prod is unchanged.\n");
      expect((await publish(kind, "drift", drift([]))).stdout).toBe("prod runs as declared; its issue is closed.\n");
      expect((await publish(kind, "drift", drift([]))).stdout).toBe("prod runs as declared; there is no issue.\n");
      expect((await publish(kind, "drift", drift([deviation]))).stdout).toBe("The issue of prod is created.\n");
      expect(writes()).toEqual([`POST ${paths.issues}`, paths.issue(100), paths.issue(100), `POST ${paths.issues}`]);
      expect(
        forge.issues.map(({ state, text }) => [state, text.startsWith(DRIFT), text.includes("payment-events")]),
      ).toEqual([
        ["closed", true, true],
        ["open", true, false],
      ]);
      expect(forge.issues[0]?.title).toBe("Drift: the stack prod does not run as it is declared");
    }, 240_000);

    it("of another stack, or of another author, is left alone", async () => {
      forge.issues.push(
        { id: 1, author: ours, text: "<!-- event-platform drift: staging -->\nx", state: "open" },
        { id: 2, author: "5", text: `${DRIFT}\nx`, state: "open" },
      );
      expect((await publish(kind, "drift", drift([]))).stdout).toBe("prod runs as declared; there is no issue.\n");
      expect(writes()).toEqual([]);
    }, 240_000);

    it("is not touched when there is no answer to whether it drifted", async () => {
      const ended = await publish(
        kind,
        "drift",
        JSON.stringify({ error: { code: "KIT_SERVER_UNREACHABLE", message: "no answer" } }),
      );
      expect(ended).toMatchObject({ code: 2 });
      expect(ended.stderr).toContain("no document of kit drift --json");
      expect(forge.asked).toEqual([]);
    }, 240_000);
  });

  describe("a server that", () => {
    it("refuses is told with what to check, without the token even where it repeats it", async () => {
      forge.failures.push({ status: 403, body: { message: `the token ${TOKEN} may not` } });
      const ended = await publish(kind, "comment", "text");
      expect(ended).toMatchObject({ code: 3, stdout: "" });
      expect(ended.stderr).toMatch(/^error: GET .*403.*Check the token's scope/);
      expect(ended.stderr).not.toContain(TOKEN);
    }, 240_000);

    it("is busy is asked again, but a post is never made twice", async () => {
      forge.failures.push({ status: 503, headers: { "retry-after": "0" } });
      expect((await publish(kind, "comment", "text")).code).toBe(0);
      expect(forge.comments).toHaveLength(1);
      const reads = kind === "gitlab" ? 2 : 1;
      const before = forge.asked.length;
      forge.comments.length = 0;
      for (let index = 0; index < reads; index += 1)
        forge.failures.push({ status: 200, body: kind === "gitlab" && index === 0 ? { id: 42 } : [] });
      forge.failures.push({ status: 502 });
      expect((await publish(kind, "comment", "text")).code).toBe(3);
      expect(forge.asked.slice(before).filter(({ method }) => method === "POST")).toHaveLength(1);
    }, 240_000);

    it("redirects does not get the token led elsewhere", async () => {
      const other = await startForge(kind);
      for (let index = 0; index < 3; index += 1)
        forge.failures.push({ status: 307, headers: { location: `${other.url}/user` } });
      const ended = await publish(kind, "comment", "text");
      const reached = other.asked.length;
      await other.close();
      expect(ended.code).toBe(3);
      expect(reached).toBe(0);
    }, 240_000);
  });

  it.each([
    ["without a token", { PUBLISH_TOKEN: "" }, "PUBLISH_TOKEN"],
    [
      "over a line without TLS",
      { CI_API_V4_URL: "http://gitlab.example.com/api/v4", GITHUB_API_URL: "http://github.example.com" },
      "https://",
    ],
    ["for a number that is none", { CI_MERGE_REQUEST_IID: "7/../8", PULL_REQUEST: "7/../8" }, "no number"],
    ["outside GitHub and GitLab", { GITHUB_ACTIONS: "", GITLAB_CI: "" }, "Neither"],
  ])(
    "refuses to work %s",
    async (_, env, word) => {
      const ended = await publish(kind, "comment", "text", env);
      expect(ended).toMatchObject({ code: 2, stdout: "" });
      expect(ended.stderr).toContain(word);
      expect(forge.asked).toEqual([]);
    },
    240_000,
  );
});

it("needs no package: jobs with a token install none", () => {
  const seen = new Set<string>();
  const packages = (file: string): string[] => {
    if (seen.has(file)) return [];
    seen.add(file);
    return [...readFileSync(file, "utf8").matchAll(/^import (?!type )[^"]*"([^"]+)";$/gm)].flatMap(([, name = ""]) =>
      name.startsWith(".") ? packages(join(file, "..", name)) : name.startsWith("node:") ? [] : [name],
    );
  };
  expect(packages(join(root, "ci/publish/main.ts"))).toEqual([]);
  expect(seen.size).toBeGreaterThan(6);
});

describe("the text of a post", () => {
  const body = (text: string): string => postText(MARKER, text).slice(MARKER.length + 1);

  it("commands nothing and notifies nobody", () => {
    for (const text of ["/merge", "  /approve", "> /close", "ok\r\n/assign @root", "\t/label ~x", "- /merge"])
      expect(body(text)).not.toMatch(/^[\s>*+-]*\/|@[a-z]/mu);
  });

  it("keeps the rest, paths among it", () => {
    expect(body("| topics/order.yaml:8 | a/b |")).toBe("| topics/order.yaml:8 | a/b |\n");
  });

  it("has no control characters, and is cut where servers refuse more, not within a character", () => {
    expect(body("a\u0000b\u001b[31m")).toBe("a\ufffdb\ufffd[31m\n");
    const long = body("😀".repeat(40_000));
    expect(long.length).toBeLessThan(61_000);
    expect(long.isWellFormed()).toBe(true);
    expect(long).toContain("The text is cut here");
  });
});

describe("the report of drift", () => {
  it("shows what people typed as text", async () => {
    const { driftReport } = await import("../../../ci/publish/drift-report.ts");
    const hostile = "x` | <img src=x onerror=alert(1)> [a](javascript:b) @root\n/merge\u202e";
    const report = driftReport(
      parseDrift(
        drift([{ ...deviation, object: hostile, field: hostile, declared: hostile, live: hostile, owner: hostile }]),
      ),
    );
    expect(report).not.toMatch(/\u202e|^\/merge/mu);
    expect(report.split("\n").filter((line) => line.startsWith("| differs"))).toHaveLength(1);
    // Outside code, nothing is markup.
    expect(report.replaceAll(/(`+).+?\1/g, "")).not.toMatch(/<img|\]\(javascript/);
  });

  it("is bounded", async () => {
    const { driftReport } = await import("../../../ci/publish/drift-report.ts");
    const report = driftReport(
      parseDrift(
        drift(
          Array.from({ length: 5_000 }, (_, index) => ({
            ...deviation,
            object: `topic-${index}`,
            live: "x".repeat(5_000),
          })),
        ),
      ),
    );
    expect(report.length).toBeLessThan(60_000);
    expect(report).toContain("4900 more are left out here");
  });

  it.each(["", "[]", "null", "{}", '{"stack":"a b","drifted":true,"deviations":[]}'])("of %j is refused", (text) => {
    expect(() => parseDrift(text)).toThrow(/no JSON|no document|no name/);
  });
});
