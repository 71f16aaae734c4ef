/** The kit does not depend on a project: without the sample, and with one small service instead, it works as before. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OtherProject } from "../../../platform/other-project.ts";
import { otherProject } from "../../../platform/other-project.ts";

const MINUTES = 60_000;
/** A type check of everything on a busy machine. */
const LIMIT_MS = 15 * MINUTES;

let project: OtherProject;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function node(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", ...args],
      {
        cwd: project.dir,
        env: { ...process.env, NO_COLOR: "1", KIT_STATE_DIR: join(project.dir, ".kit") },
        timeout: LIMIT_MS,
        maxBuffer: 64 * 1024 * 1024,
      },
      (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, stdout, stderr }),
    );
  });
}

const kit = (...args: readonly string[]): Promise<Ended> => node("cli/main.mjs", ...args);

beforeAll(async () => {
  project = await otherProject();
  expect(await kit("generate", "events")).toMatchObject({ code: 0 });
}, LIMIT_MS);
afterAll(async () => {
  await project.remove();
});

describe("a project with one small service", () => {
  it(
    "is type-checked with all of the kit and with the kit's own tests",
    async () => {
      expect(project.sampleTests.length).toBeGreaterThan(10);
      expect(readdirSync(join(project.dir, "test/unit/cli/verify"))).toContain("judge.test.ts");
      expect(await node("node_modules/typescript/bin/tsc", "--noEmit")).toEqual({ code: 0, stdout: "", stderr: "" });
    },
    LIMIT_MS,
  );

  it(
    "passes the check, and is rendered for production without a trace of the sample",
    async () => {
      expect((await kit("check")).stdout).toContain("0 errors, 0 warnings in 2 files, 1 topic");
      const out = join(project.dir, "rendered");
      expect(await kit("render", "prod", "--out", out)).toMatchObject({ code: 0 });
      const text = readdirSync(out, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
        .join("\n");
      expect(text).toContain(`name: ${project.service}`);
      expect(text).toContain("kind: Ingress");
      expect(
        text.match(/\b(?:api-gateway|(?:order|payment|inventory|shipping|notification|analytics)-service)\b/u),
      ).toBe(null);
    },
    LIMIT_MS,
  );

  it.each([
    ["order", ["order"]],
    ["load", ["chaos", "--scenario", "broker-kill"]],
  ])(
    "says that it has not named its %s",
    async (part, args) => {
      const { code, stderr } = await kit(...args);
      expect(code).toBe(3);
      expect(stderr).toContain("KIT_PROJECT_PART_MISSING");
      expect(stderr).toContain(`needs \`${part}\`, which kit.config.ts does not name`);
    },
    LIMIT_MS,
  );

  it(
    "has the faults and benchmarks of every project, and none of the saga's",
    async () => {
      const { stdout: list } = await kit("chaos", "--list");
      expect(list).toContain("broker-kill");
      expect(list).not.toMatch(/late-replies|carrier-refuses|disconnect-storm/u);
      const { stdout: help } = await kit("bench", "--help");
      expect(help).toMatch(/^ {2}plan {6}check, diff, apply/mu);
      expect(help).not.toMatch(/^ {2}saga/mu);
    },
    LIMIT_MS,
  );
});
