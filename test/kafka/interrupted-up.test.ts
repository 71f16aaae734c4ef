import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { eventually } from "../platform/condition.ts";
import { freePortBase } from "../platform/free-ports.ts";
import { kitEnvironment, kitJson, PROJECT_DIR, runKit } from "../platform/kit-command.ts";
import { portsInUse, processesMentioning, status, up } from "../platform/processes.ts";
import { runPulumi } from "../platform/pulumi-command.ts";
import type { TestPlatform } from "../platform/test-platform.ts";

describe("an `up` that is killed", async () => {
  const platform: TestPlatform = {
    stateDir: await mkdtemp(join(tmpdir(), "event-platform-killed-")),
    portBase: await freePortBase(),
  };
  afterAll(async () => {
    await runKit(platform, ["down"]);
    await rm(platform.stateDir, { recursive: true, force: true });
  });

  it("is finished by the next one, wherever it was, and `pulumi destroy` leaves nothing", {
    timeout: 10 * 60_000,
  }, async () => {
    await upKilledWhen("the first brokers run", async () => (await runningProcesses()) >= 5);
    await upKilledWhen("the registry runs", async () =>
      (await status(platform)).processes.some(
        (process) => process.name === "schema-registry" && process.state === "running",
      ),
    );

    await up(platform);
    const order = await kitJson<{ status: string }>(platform, ["order"]);
    expect(order.status).toBe("confirmed");

    const { processes } = await status(platform);
    const destroy = await runPulumi(platform, ["destroy", "--yes", "--skip-preview"]);
    expect(`${destroy.stdout}${destroy.stderr}`).not.toMatch(/error/i);
    expect(destroy.status).toBe(0);
    expect(processesMentioning(platform.stateDir)).toEqual([]);
    expect(await portsInUse(processes)).toEqual([]);
    expect(readdirSync(join(platform.stateDir, "local", "data"))).toEqual([]);

    expect((await runKit(platform, ["down", "--delete-data"])).code).toBe(0);
    expect(existsSync(platform.stateDir)).toBe(false);
  });

  async function runningProcesses(): Promise<number> {
    return (await status(platform)).processes.filter((process) => process.state === "running").length;
  }

  /** Starts `kit up` and kills it with everything it started for itself: command, engine, plugins. */
  async function upKilledWhen(what: string, holds: () => Promise<boolean>): Promise<void> {
    const child = spawn(process.execPath, ["cli/kit.mjs", "up"], {
      cwd: PROJECT_DIR,
      env: kitEnvironment(platform),
      stdio: "ignore",
      detached: true,
    });
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    try {
      await eventually(what, async () => ((await holds()) ? true : undefined), 180_000);
    } finally {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
      await ended;
    }
  }
});
