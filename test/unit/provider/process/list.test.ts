import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { listProcesses, stopProcesses } from "../../../../components/provider/process/index.ts";
import { pathsOf } from "../../../../components/provider/process/record.ts";
import { ensureProcess } from "../../../../components/provider/process/supervisor.ts";
import { isAliveNow, openWorkbench, until } from "./workbench.ts";

const sleeper = {
  command: ["/bin/sh", "-c", "echo ready; exec sleep 600"],
  readiness: { log: { pattern: "ready" }, timeoutSeconds: 10 },
};

test("a list shows running and dead ones with what people ask for, sorted by name", async () => {
  await using bench = await openWorkbench();
  await ensureProcess(bench.specify({ name: "b", ...sleeper, role: "broker", zone: "zone-a" }));
  const dead = await ensureProcess(bench.specify({ name: "a", ...sleeper }));
  process.kill(dead.pid, "SIGKILL");
  await until("it to end", () => !isAliveNow(dead.pid));
  const [a, b, ...others] = await listProcesses(bench.stateDir);
  expect(others).toEqual([]);
  expect(a).toEqual({ name: "a", role: "service", state: "dead", ports: [], log: pathsOf(bench.stateDir, "a").log });
  expect(b).toMatchObject({ name: "b", role: "broker", zone: "zone-a", state: "running" });
  expect(b?.rssBytes).toBeGreaterThan(10_000);
  expect(Date.parse(b?.startedAt ?? "")).toBeGreaterThan(Date.now() - 60_000);
});

test("there is nothing to list or stop in a folder that is not there", async () => {
  expect(await listProcesses("/nonexistent/kit")).toEqual([]);
  expect(await stopProcesses("/nonexistent/kit")).toEqual({ stopped: [] });
});

test("stopping goes role by role, users before what they use, and leaves nothing on record", async () => {
  await using bench = await openWorkbench();
  const roles = ["maintenance", "database", "cache", "controller", "broker", "registry", "service"] as const;
  const running = await Promise.all(
    roles.map((role) => ensureProcess(bench.specify({ name: `the-${role}`, ...sleeper, role }))),
  );
  const events: string[] = [];
  const { stopped } = await stopProcesses(bench.stateDir, {
    onProgress: ({ role, event }) => events.push(`${event} ${role}`),
  });
  expect(stopped).toHaveLength(roles.length);
  expect(events.filter((event) => event.startsWith("stopped"))).toEqual(
    ["service", "registry", "broker", "controller", "cache", "database", "maintenance"].map(
      (role) => `stopped ${role}`,
    ),
  );
  expect(running.filter(({ pid }) => isAliveNow(pid))).toEqual([]);
  expect(await listProcesses(bench.stateDir)).toEqual([]);
});

test("a record that does not parse is an error with its place: it may hide a process", async () => {
  await using bench = await openWorkbench();
  await ensureProcess(bench.specify({ name: "a", ...sleeper }));
  const { record } = pathsOf(bench.stateDir, "a");
  const good = await readFile(record, "utf8");
  await writeFile(join(bench.stateDir, "run", "a.json"), "{");
  await expect(listProcesses(bench.stateDir)).rejects.toThrow(record);
  await writeFile(record, good);
});
