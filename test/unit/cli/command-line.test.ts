/** The command as a child process, in an environment with no platform. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const main = join(import.meta.dirname, "..", "..", "..", "cli", "main.mjs");
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kit-cli-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function kit(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", main, ...args],
      {
        env: {
          PATH: process.env.PATH ?? "",
          HOME: folder,
          KIT_CACHE_DIR: join(folder, "cache"),
          KIT_STATE_DIR: join(folder, "state"),
          ...env,
        },
        timeout: 20_000,
      },
      (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, stdout, stderr }),
    );
  });
}

const COMMANDS = [
  "start",
  "up",
  "down",
  "status",
  "logs",
  "order",
  "token",
  "doctor",
  "env",
  "test",
  "bench",
  "dlt",
  "outbox",
  "erase",
  "verify",
  "chaos",
  "new",
  "access",
  "owners",
  "docs",
  "diff",
  "image",
  "definitions",
];

describe("help", () => {
  it("lists every command, with exit codes and examples, on stdout", async () => {
    const { code, stdout, stderr } = await kit(["--help"]);
    expect(code).toBe(0);
    expect(stderr).toBe("");
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} `, "m"));
    expect(stdout).toContain("Exit codes");
  });

  it.each(COMMANDS)("of %s has an example and --json or says what it prints", async (command) => {
    const { code, stdout } = await kit([command, "--help"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Examples?:\n {2}\$ \S/);
    expect(stdout).toContain("--json");
  });
});

describe("wrong usage ends with 2", () => {
  it.each([
    [["upp"], "Did you mean up?"],
    [["status", "--jsno"], "unknown option"],
    [["up", "--stack"], "argument missing"],
    [["status", "extra"], "too many arguments"],
    [["up", "--stack", "nowhere"], "KIT_UNKNOWN_STACK"],
    [["image", "push"], 'The action must be build; got "push"'],
    [["image", "build", "order-servic"], "KIT_IMAGE_UNKNOWN_SERVICE"],
    [["image", "build", "--base", "debian:12"], "debian:12 is neither a file nor a reference with its digest"],
    [["image", "build", "--builder", "buildah"], "go with a --base by reference"],
    [
      ["image", "build", "--base", `base@sha256:${"a".repeat(64)}`, "--builder", "kaniko"],
      "--builder kaniko is none of",
    ],
    [["image", "build", "--tag", "a b"], "is no tag"],
    [["image", "build", "--stack", "local"], "KIT_RENDER_LOCAL"],
    [["up", "--stack", "../../etc"], "KIT_UNKNOWN_STACK"],
    [["token", "--ttl", "soon"], "KIT_BAD_DURATION"],
    [["order", "--quantity", "0"], "whole number"],
    [["test", "--only", "units"], "There is no rung"],
    [["bench", "nothing"], "There is no benchmark"],
    [["definitions", "--stack", "local"], "KIT_STACK_NOT_KUBERNETES"],
    [["bench", "../up"], "There is no benchmark"],
  ])("%j", async (args, words) => {
    const { code, stdout, stderr } = await kit(args);
    expect(stderr).toContain(words);
    expect(stderr).toContain("fix:");
    expect(stderr).not.toMatch(/\n\s+at /);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  it("without any command", async () => {
    expect((await kit([])).code).toBe(2);
  });
});

describe("without a platform", () => {
  it("status is absent: exit 1, the document on stdout", async () => {
    const { code, stdout, stderr } = await kit(["status", "--json"]);
    expect(code).toBe(1);
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({
      stack: "local",
      state: "absent",
      endpoints: null,
      files: null,
      processes: [],
      rssBytes: 0,
      health: null,
    });
  });

  it("status for people names the next command", async () => {
    const { code, stdout } = await kit(["status"]);
    expect(code).toBe(1);
    expect(stdout).toContain("npx kit up");
  });

  it.each([
    [["token"], "KIT_ISSUER_KEY_MISSING"],
    [["order"], "KIT_PLATFORM_NOT_RUNNING"],
  ])("%j lacks what it needs: exit 3", async (args, errorCode) => {
    const { code, stderr } = await kit(args);
    expect(stderr).toContain(errorCode);
    expect(code).toBe(3);
  });

  it("down has nothing to do and says so", async () => {
    const { code, stdout } = await kit(["down", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ stack: "local", state: "absent", stopped: [], deleted: false });
  });

  it("an error is JSON on stdout too when JSON was asked for", async () => {
    const { stdout } = await kit(["order", "--json"]);
    expect(JSON.parse(stdout)).toEqual({
      error: { code: "KIT_PLATFORM_NOT_RUNNING", message: expect.any(String), fix: expect.stringContaining("kit up") },
    });
  });

  it("a state folder that cannot be made is named, with exit 3", async () => {
    const file = join(folder, "file");
    await writeFile(file, "");
    const { code, stderr } = await kit(["up"], { KIT_STATE_DIR: join(file, "state") });
    expect(stderr).toContain("KIT_STATE_UNWRITABLE");
    expect(stderr).toContain(file);
    expect(code).toBe(3);
  });
});

describe("colour", () => {
  it("is absent when piped, and no line ends in blanks", async () => {
    for (const { stdout, stderr } of [await kit(["status"]), await kit(["upp"]), await kit(["order"])]) {
      expect(stdout + stderr).not.toContain("\u001b[");
      expect(stdout).not.toMatch(/[ \t]$/m);
    }
  });
});
