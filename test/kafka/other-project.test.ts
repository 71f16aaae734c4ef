/**
 * A project without the sample, with one small service of its own, on real servers: its `up` is killed twice, the next one
 * finishes it, a note goes through it, and `pulumi destroy` leaves nothing.
 */
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Verdict } from "../../cli/verify/verdict.ts";
import { eventually } from "../platform/condition.ts";
import { freePortBase } from "../platform/free-ports.ts";
import type { KitOptions } from "../platform/kit-command.ts";
import { kitEnvironment, kitJson, runKit } from "../platform/kit-command.ts";
import { logEnds } from "../platform/log-ends.ts";
import type { OtherProject } from "../platform/other-project.ts";
import { otherProject } from "../platform/other-project.ts";
import type { Status } from "../platform/processes.ts";
import { portsInUse, processesMentioning, status } from "../platform/processes.ts";
import { runPulumi } from "../platform/pulumi-command.ts";
import type { TestPlatform } from "../platform/test-platform.ts";
import { statusFile } from "../platform/test-platform.ts";

let project: OtherProject;
let platform: TestPlatform;

const kit = (args: readonly string[], options: KitOptions = {}): ReturnType<typeof runKit> =>
  runKit(platform, args, { ...options, projectDir: project.dir });

/** Starts `kit up` and kills it with everything it started for itself: command, engine, plugins. */
async function upKilledWhen(what: string, holds: (seen: Status) => boolean): Promise<void> {
  const child = spawn(process.execPath, ["cli/kit.mjs", "up"], {
    cwd: project.dir,
    env: kitEnvironment(platform),
    stdio: "ignore",
    detached: true,
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  try {
    await eventually(
      what,
      async () => (holds(await status(platform, { projectDir: project.dir })) ? true : undefined),
      180_000,
    );
    expect(child.exitCode, `${what} before the end of the run`).toBe(null);
  } finally {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
    await ended;
  }
}

describe("the platform of a project with one small service", () => {
  beforeAll(async () => {
    project = await otherProject();
    platform = { stateDir: await mkdtemp(join(tmpdir(), "event-platform-other-")), portBase: await freePortBase() };
    expect(await kit(["generate", "events"])).toMatchObject({ code: 0, stderr: "" });
  });
  afterAll(async () => {
    await kit(["down"]);
    await rm(platform.stateDir, { recursive: true, force: true });
    await project.remove();
  });

  it("comes up though two runs before were killed, one amid the brokers, one at the registry", async () => {
    await upKilledWhen(
      "the first brokers to run",
      ({ processes }) => processes.filter(({ role, state }) => role === "broker" && state === "running").length >= 2,
    );
    await upKilledWhen("the registry to run", ({ processes }) =>
      processes.some(({ name, state }) => name === "schema-registry" && state === "running"),
    );
    const up = await kit(["up"], { timeoutMs: 480_000 });
    expect(up.code, `${up.stderr}\n${up.code === 0 ? "" : await logEnds(platform.stateDir)}`).toBe(0);
    const { processes, state } = await status(platform, { projectDir: project.dir });
    expect(state).toBe("running");
    expect(processes.filter(({ role }) => role === "service").map(({ name }) => name)).toEqual([project.service]);
    expect(processes.filter(({ role }) => role === "broker")).toHaveLength(3);
  });

  it("brings a note from a request through the outbox and the topic to the handler", async () => {
    const { [project.service]: service } = statusFile(platform).endpoints.services;
    const response = await fetch(`${service?.http}/notes`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text: "milk" }),
    });
    expect(response.status).toBe(202);
    const { noteId } = (await response.json()) as { noteId: string };
    await eventually(
      "the note to be read",
      async () => {
        const { read } = (await (await fetch(`${service?.http}/notes/${noteId}`)).json()) as { read: boolean };
        return read || undefined;
      },
      60_000,
    );
  });

  it("is verified: outbox against topic, inbox against group", async () => {
    const { holds, invariants } = await kitJson<Verdict>(platform, ["verify"], { projectDir: project.dir });
    expect(holds).toBe(true);
    const figures = new Map(invariants.map((invariant) => [invariant.name, invariant.figures]));
    expect(figures.get("outboxes and topics match")).toMatchObject({ published: 1, records: 1, missing: 0 });
    expect(figures.get("consumed = applied + duplicates + dead-letter records")).toMatchObject({
      [project.service]: { wanted: 1, applied: 1 },
    });
    expect(figures.get("order of events per key")).toMatchObject({ events: 1, keys: 1 });
    expect(figures.get("consumer groups at the end of their topics")).toMatchObject({ groups: 1, lag: 0 });
  });

  it("is destroyed by the plain Pulumi CLI, which leaves no process, port or data", async () => {
    const { processes } = await status(platform, { projectDir: project.dir });
    const destroy = await runPulumi(platform, ["destroy", "--yes", "--skip-preview"], { projectDir: project.dir });
    expect(`${destroy.stdout}${destroy.stderr}`).not.toMatch(/error/i);
    expect(destroy.status).toBe(0);
    expect(processesMentioning(platform.stateDir)).toEqual([]);
    expect(await portsInUse(processes)).toEqual([]);
    expect(readdirSync(join(platform.stateDir, "local", "data"))).toEqual([]);

    expect((await kit(["down", "--delete-data"])).code).toBe(0);
    expect(existsSync(platform.stateDir)).toBe(false);
  });
});
