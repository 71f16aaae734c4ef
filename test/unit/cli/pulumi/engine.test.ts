/** Tests the engine's wrapper against a substitute of the CLI; the levels above use the real CLI. */
import { spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { EngineOutcome } from "../../../../cli/pulumi/engine.ts";
import { claimStack, ensureStack, outcomeError, runEngine } from "../../../../cli/pulumi/engine.ts";
import type { EngineProgress } from "../../../../cli/pulumi/progress.ts";
import { locateStack } from "../../../../cli/pulumi/stack.ts";
import { processStart } from "../../../../components/machine/process-identity.ts";

/**
 * Records its arguments, writes the given events, then does what STAND_IN says. Ends with 1 when it is cancelled, as the CLI
 * does.
 */
const STAND_IN = `#!${process.execPath}
const fs = require("node:fs");
const args = process.argv.slice(2);
fs.appendFileSync(process.env.CALLS, JSON.stringify({ args, cwd: process.cwd(), debug: process.env.PULUMI_DEBUG_COMMANDS }) + "\\n");
if (args[0] === "stack") process.exit(0);
const log = args[args.indexOf("--event-log") + 1];
const events = JSON.parse(process.env.EVENTS ?? "[]");
const whole = events.map((event) => JSON.stringify(event) + "\\n").join("");
// In two halves, cut anywhere: readers meet lines that are not whole.
fs.appendFileSync(log, whole.slice(0, whole.length / 3));
setTimeout(() => {
  fs.appendFileSync(log, whole.slice(whole.length / 3));
  if (process.env.SAYS) console.error(process.env.SAYS);
  if (process.env.STAND_IN === "wait") {
    process.on("SIGINT", () => { fs.appendFileSync(process.env.CALLS, '{"signal":"SIGINT"}\\n'); process.exit(1); });
    setInterval(() => {}, 1000);
    fs.appendFileSync(process.env.CALLS, '{"waiting":true}\\n');
  } else process.exit(Number(process.env.STAND_IN ?? 0));
}, 100);
`;

let folder: string;
let projectDir: string;
let stateDir: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kit-engine-"));
  projectDir = join(folder, "project");
  stateDir = join(folder, "state");
  await mkdir(join(folder, "bin"));
  await mkdir(join(projectDir, "stacks"), { recursive: true });
  await mkdir(stateDir);
  await writeFile(join(folder, "bin", "pulumi"), STAND_IN);
  await chmod(join(folder, "bin", "pulumi"), 0o755);
  await writeFile(join(projectDir, "Pulumi.yaml"), "name: event-platform\n");
  await writeFile(join(projectDir, "stacks", "Pulumi.local.yaml"), "config: {}\n");
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const environment = (more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv => ({
  PATH: `${join(folder, "bin")}:${process.env.PATH ?? ""}`,
  CALLS: join(folder, "calls"),
  PULUMI_CONFIG_PASSPHRASE_FILE: "/state/passphrase",
  ...more,
});
const stackFiles = () => locateStack({ projectDir, stateDir, stack: "local" });
const calls = async (): Promise<readonly Record<string, unknown>[]> =>
  (await readFile(join(folder, "calls"), "utf8").catch(() => ""))
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

async function run(
  more: Readonly<Record<string, string>>,
  onProgress: (progress: EngineProgress) => void = () => {},
): Promise<EngineOutcome> {
  return await runEngine({
    operation: "up",
    projectDir,
    stateDir,
    files: await stackFiles(),
    environment: environment(more),
    onProgress,
  });
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const limit = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > limit) throw new Error(`Waited 10 s for ${what}.`);
    await delay(20);
  }
}

const topic = "urn:pulumi:local::event-platform::kafka:index/topic:Topic::order-events";
const EVENTS = JSON.stringify([
  {
    resourcePreEvent: {
      metadata: {
        op: "create",
        urn: topic,
        type: "kafka:index/topic:Topic",
        new: { inputs: { name: "Bücher für alle" } },
      },
    },
  },
  { resOutputsEvent: { metadata: { op: "create", urn: topic, type: "kafka:index/topic:Topic" } } },
  { summaryEvent: { resourceChanges: { create: 1 } } },
]);

describe("a run", () => {
  it("is given the stack's own configuration and tells its progress", async () => {
    const seen: EngineProgress[] = [];
    const outcome = await run({ EVENTS }, (progress) => seen.push(progress));
    expect(outcome).toMatchObject({
      succeeded: true,
      cancelled: false,
      failures: [],
      progress: { changes: { create: 1 }, groups: { topics: { seen: 1, done: 1, changed: 1 } } },
    });
    expect(seen.length).toBeGreaterThan(0);
    const [call] = await calls();
    expect(call).toMatchObject({
      cwd: projectDir,
      debug: "true",
      args: expect.arrayContaining([
        "up",
        "--yes",
        "--skip-preview",
        "--non-interactive",
        join(stateDir, "stack", "Pulumi.local.yaml"),
      ]),
    });
    expect(outcomeError(outcome, environment())).toBeUndefined();
  });

  it("leaves its log, readable by its owner alone, and nothing else", async () => {
    await run({ EVENTS, SAYS: "hello" });
    expect(await readdir(stateDir)).toEqual(["pulumi.log"]);
    expect((await stat(join(stateDir, "pulumi.log"))).mode & 0o777).toBe(0o600);
  });

  it("that fails names the resource", async () => {
    const events = JSON.stringify([{ diagnosticEvent: { urn: topic, severity: "error", message: "broker said no" } }]);
    const outcome = await run({ EVENTS: events, STAND_IN: "1" });
    expect(outcome.failures).toEqual([
      { urn: topic, what: 'kafka:index/topic:Topic "order-events"', messages: ["broker said no"] },
    ]);
    expect(outcomeError(outcome, environment())).toMatchObject({ code: "KIT_ENGINE_FAILED", exitCode: 1 });
  });

  it.each([
    [
      "error: getting stack configuration: incorrect passphrase",
      { code: "KIT_WRONG_PASSPHRASE", exitCode: 2, message: expect.stringContaining("/state/passphrase") },
    ],
    [
      "error: the stack is currently locked by 1 lock(s).\n  file:///x: created by ada@here (pid 77) at 2026-01-01T00:00:00Z",
      { code: "KIT_PLATFORM_BUSY", exitCode: 1, message: expect.stringContaining("process 77 of ada@here") },
    ],
    ["error: something new", { code: "KIT_ENGINE_UNREADABLE", message: expect.stringContaining("something new") }],
  ])("that ends before it began is understood: %s", async (says, expected) => {
    expect(outcomeError(await run({ SAYS: says, STAND_IN: "255" }), environment())).toMatchObject(expected);
  });

  it("is not blamed for the last words of the one before", async () => {
    await run({ SAYS: "incorrect passphrase", STAND_IN: "255" });
    expect(outcomeError(await run({ SAYS: "other words", STAND_IN: "255" }), environment())).toMatchObject({
      code: "KIT_ENGINE_UNREADABLE",
    });
  });

  it("that cannot be started says that Pulumi is missing", async () => {
    await rm(join(folder, "bin", "pulumi"));
    await expect(run({ PATH: join(folder, "bin") })).rejects.toMatchObject({ code: "KIT_TOOLS_MISSING", exitCode: 3 });
  });
});

describe("making the stack", () => {
  it("happens once, in the state folder, and leaves the shared file alone", async () => {
    const files = await stackFiles();
    await ensureStack({ files, environment: environment(), stateDir });
    expect(await calls()).toEqual([
      expect.objectContaining({ cwd: files.folder, args: expect.arrayContaining(["stack", "init", "local"]) }),
    ]);
    await mkdir(join(files.stateFile, ".."), { recursive: true });
    await writeFile(files.stateFile, "{}");
    await ensureStack({ files, environment: environment(), stateDir });
    expect(await calls()).toHaveLength(1);
    expect(await readFile(files.sharedFile, "utf8")).toBe("config: {}\n");
  });
});

describe("runs that were interrupted", () => {
  /** A kit in a separate process, which can be interrupted and killed. */
  async function startKit(): Promise<{ pid: number; ended: Promise<string>; kill: (signal: NodeJS.Signals) => void }> {
    const program = join(folder, "kit.ts");
    const source = (name: string): string =>
      JSON.stringify(join(import.meta.dirname, "..", "..", "..", "..", "cli", "pulumi", `${name}.ts`));
    await writeFile(
      program,
      `
      import { runEngine } from ${source("engine")};
      import { locateStack } from ${source("stack")};
      const files = await locateStack({ projectDir: ${JSON.stringify(projectDir)}, stateDir: ${JSON.stringify(stateDir)}, stack: "local" });
      const outcome = await runEngine({ operation: "up", projectDir: ${JSON.stringify(projectDir)}, stateDir: ${JSON.stringify(stateDir)}, files, environment: process.env, onProgress: () => {} });
      console.log(JSON.stringify({ cancelled: outcome.cancelled, succeeded: outcome.succeeded }));
    `,
    );
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program], {
      env: environment({ STAND_IN: "wait", EVENTS }),
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
    const ended = new Promise<string>((resolve) => child.once("close", () => resolve(output)));
    await until("the stand-in to wait", async () => (await calls()).some((call) => call.waiting === true));
    return { pid: child.pid ?? 0, ended, kill: (signal) => void child.kill(signal) };
  }

  async function enginePid(): Promise<number> {
    const record = JSON.parse(await readFile(join(stateDir, "run.json"), "utf8")) as { engine: { pid: number } };
    onTestFinished(() => {
      try {
        process.kill(record.engine.pid, "SIGKILL");
      } catch {
        // Ended already.
      }
    });
    return record.engine.pid;
  }

  it("pass one SIGINT on and end as cancelled, though the signal comes twice", async () => {
    const kit = await startKit();
    kit.kill("SIGINT");
    kit.kill("SIGINT");
    expect(JSON.parse(await kit.ended)).toEqual({ cancelled: true, succeeded: false });
    expect((await calls()).filter((call) => call.signal === "SIGINT")).toHaveLength(1);
    expect(await readdir(stateDir)).not.toContain("run.json");
  });

  it("are ended in good order by the next command when their kit was killed, and leave no lock", async () => {
    const kit = await startKit();
    const engine = await enginePid();
    const files = await stackFiles();
    const locks = join(files.backendDir, ".pulumi", "locks", "organization", files.project, files.stack);
    await mkdir(locks, { recursive: true });
    await writeFile(
      join(locks, "lock.json"),
      JSON.stringify({ pid: engine, username: "ada", hostname: hostname(), timestamp: new Date().toISOString() }),
    );
    kit.kill("SIGKILL");
    await kit.ended;
    expect(await processStart(engine)).toBeDefined();
    const said: string[] = [];
    await claimStack(stateDir, files, (line) => said.push(line));
    expect(await processStart(engine)).toBeUndefined();
    expect((await calls()).filter((call) => call.signal === "SIGINT")).toHaveLength(1);
    expect(said).toEqual([expect.stringContaining(`process ${engine}`), expect.stringContaining("Removed a lock")]);
    expect(await readdir(locks)).toEqual([]);
    expect((await readdir(stateDir)).filter((name) => name.startsWith("events-"))).toEqual([]);
  });

  it("are left alone while their kit lives", async () => {
    const kit = await startKit();
    const engine = await enginePid();
    const files = await stackFiles();
    const locks = join(files.backendDir, ".pulumi", "locks", "organization", files.project, files.stack);
    await mkdir(locks, { recursive: true });
    await writeFile(
      join(locks, "lock.json"),
      JSON.stringify({ pid: engine, username: "ada", hostname: hostname(), timestamp: new Date().toISOString() }),
    );
    await expect(claimStack(stateDir, files, () => {})).rejects.toMatchObject({
      code: "KIT_PLATFORM_BUSY",
      message: expect.stringContaining(`process ${engine} of ada`),
    });
    expect(await processStart(engine)).toBeDefined();
    kit.kill("SIGINT");
    await kit.ended;
  });
});
