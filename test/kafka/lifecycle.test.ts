import { describe, expect, it } from "vitest";
import { kitJson } from "../platform/kit-command.ts";
import { pids, status, up } from "../platform/processes.ts";
import { runPulumi } from "../platform/pulumi-command.ts";
import { testPlatform } from "../platform/test-platform.ts";

describe("a platform that is up", () => {
  const platform = testPlatform();

  it("has nothing to change in a second preview by the plain Pulumi CLI", async () => {
    const preview = await runPulumi(platform, ["preview", "--expect-no-changes"]);
    expect(`${preview.stdout}${preview.stderr}`).not.toMatch(/error|warning/i);
    expect(preview.status).toBe(0);
  });

  it("leaves every process alone when nothing changed", async () => {
    const before = await pids(platform);
    await up(platform);
    expect(await pids(platform)).toEqual(before);
  });

  // One of each role; PostgreSQL, brokers and services must recover their own state.
  it.each([
    [["kafka-broker-101", "kafka-controller-900", "schema-registry", "postgres", "redis"]],
    [["order-service", "log-keeper"]],
  ])("heals after kill -9 of %j at once, and restarts nothing else", async (victims) => {
    const before = await pids(platform);
    for (const name of victims) {
      const pid = before.get(name);
      if (pid === undefined) throw new Error(`${name} does not run`);
      process.kill(pid, "SIGKILL");
    }

    await up(platform);

    const after = await pids(platform);
    expect((await status(platform)).state).toBe("running");
    const restarted = [...after].filter(([name, pid]) => before.get(name) !== pid).map(([name]) => name);
    expect(restarted.toSorted()).toEqual(victims.toSorted());
    const order = await kitJson<{ status: string }>(platform, ["order"]);
    expect(order.status).toBe("confirmed");
  });

  it("shows its figures and nothing secret in status", async () => {
    const { processes } = await status(platform);
    expect(processes.filter((process) => process.role === "broker")).toHaveLength(9);
    expect(processes.filter((process) => process.role === "controller")).toHaveLength(3);
    for (const process of processes) expect(process.rssBytes, process.name).toBeGreaterThan(0);
  });
});
