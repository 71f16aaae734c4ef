import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { freePortBase } from "./platform/free-ports.ts";
import { runKit } from "./platform/kit-command.ts";
import { logEnds } from "./platform/log-ends.ts";
import type { TestPlatform } from "./platform/test-platform.ts";

/**
 * One real platform for all test levels that need it. It is brought up once in its own folder and on its own ports, so that it
 * runs beside a platform in use, and deleted after the last level.
 */
interface SharedPlatform {
  users: number;
  ready: Promise<TestPlatform>;
}

const SLOT = Symbol.for("event-platform-kit.test-platform");
const shared = globalThis as { [SLOT]?: SharedPlatform | undefined };

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const platform = (shared[SLOT] ??= { users: 0, ready: bringUp() });
  platform.users += 1;
  project.provide("platform", await platform.ready);
  return async () => {
    platform.users -= 1;
    if (platform.users > 0) return;
    shared[SLOT] = undefined;
    await takeDown(await platform.ready);
  };
}

async function bringUp(): Promise<TestPlatform> {
  const stateDir = await mkdtemp(join(tmpdir(), "event-platform-test-"));
  const platform: TestPlatform = { stateDir, portBase: await freePortBase() };
  const up = await runKit(platform, ["up", "--json"], { timeoutMs: 600_000, showProgress: true });
  if (up.code !== 0) {
    const ends = await logEnds(stateDir);
    await takeDown(platform);
    throw new Error(
      `The platform for the tests did not come up (exit ${up.code}):\n${up.stderr.slice(-8_000)}\nThe ends of its logs:\n${ends}`,
    );
  }
  return platform;
}

async function takeDown(platform: TestPlatform): Promise<void> {
  // Stopping is enough: the folder with all data is removed as a whole.
  const down = await runKit(platform, ["down"], { timeoutMs: 120_000 });
  if (down.code !== 0)
    throw new Error(`The platform in ${platform.stateDir} did not go down (exit ${down.code}):\n${down.stderr}`);
  await rm(platform.stateDir, { recursive: true, force: true });
}
