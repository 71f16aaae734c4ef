import { describe, expect, it } from "vitest";
import type { Hands } from "../../../../cli/chaos/hands.ts";
import { chaosHands } from "../../../../cli/chaos/hands.ts";
import { ensureProcess, listProcesses, pathsOf } from "../../../../components/provider/process/index.ts";
import { readRecord, writeRecord } from "../../../../components/provider/process/record.ts";
import type { ProcessSpecification } from "../../../../components/provider/process/specification.ts";
import type { Workbench } from "../../provider/process/workbench.ts";
import { freePort, isAliveNow, openWorkbench, serverProgram } from "../../provider/process/workbench.ts";

async function server(bench: Workbench, name: string): Promise<ProcessSpecification> {
  const port = await freePort();
  const wanted = bench.specify({
    name,
    command: serverProgram(port),
    ports: [{ name: "http", host: "127.0.0.1", port }],
    readiness: { tcp: { host: "127.0.0.1", port }, timeoutSeconds: 30 },
  });
  await ensureProcess(wanted);
  return wanted;
}

function handsOn(bench: Workbench, wanted: readonly ProcessSpecification[], broughtUp: string[] = []): Hands {
  return chaosHands({
    folder: bench.stateDir,
    specificationOf: async (name) => wanted.find((candidate) => candidate.name === name),
    bringUp: async () => {
      broughtUp.push("up");
    },
  });
}

async function pidOf(bench: Workbench, name: string): Promise<number | undefined> {
  return (await listProcesses(bench.stateDir)).find((process) => process.name === name)?.pid;
}

describe("the hands of the chaos", () => {
  it("kill what was asked for and nothing else, and start it again as it was", async () => {
    await using bench = await openWorkbench();
    const [one, two] = [await server(bench, "one"), await server(bench, "two")];
    const hands = handsOn(bench, [one, two]);
    const [pidOne, pidTwo] = [(await pidOf(bench, "one")) ?? 0, (await pidOf(bench, "two")) ?? 0];

    await hands.kill(["one"]);
    expect(isAliveNow(pidTwo)).toBe(true);
    expect(await pidOf(bench, "one")).toBeUndefined();
    await hands.revive(["one", "two"]);

    expect(await pidOf(bench, "two")).toBe(pidTwo);
    const revived = await pidOf(bench, "one");
    expect(revived).toBeGreaterThan(0);
    expect(revived).not.toBe(pidOne);
    // What `kit up` would do: it finds the process as declared and keeps it.
    expect(await ensureProcess(one)).toMatchObject({ how: "kept", pid: revived });
  });

  it("freeze and thaw, and find what another run left frozen", async () => {
    await using bench = await openWorkbench();
    const one = await server(bench, "one");
    const hands = handsOn(bench, [one]);
    await hands.freeze(["one"]);
    try {
      expect(await hands.frozen()).toEqual(["one"]);
      const port = one.ports[0]?.port ?? 0;
      await expect(fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(300) })).rejects.toThrow();
    } finally {
      await hands.thaw(["one"]);
    }
    expect(await hands.frozen()).toEqual([]);
    expect(
      (await fetch(`http://127.0.0.1:${one.ports[0]?.port ?? 0}/`, { signal: AbortSignal.timeout(5_000) })).status,
    ).toBe(200);
  });

  it("do not touch a stranger that has got the process's number", async () => {
    await using bench = await openWorkbench();
    const one = await server(bench, "one");
    const hands = handsOn(bench, [one]);
    const paths = pathsOf(bench.stateDir, "one");
    const record = await readRecord(paths);
    if (record === undefined) throw new Error("no record");
    const pid = (await pidOf(bench, "one")) ?? 0;
    // A record of another boot: the number means nothing any more.
    await writeRecord(paths, { ...record, bootId: "another" });
    await expect(hands.kill(["one"])).rejects.toMatchObject({ code: "KIT_CHAOS_FAILED" });
    await expect(hands.freeze(["one"])).rejects.toMatchObject({ code: "KIT_CHAOS_FAILED" });
    expect(isAliveNow(pid)).toBe(true);
    await writeRecord(paths, record);
  });

  it("bring everything up the long way when what ran cannot be read back exactly", async () => {
    await using bench = await openWorkbench();
    const one = await server(bench, "one");
    const broughtUp: string[] = [];
    const hands = handsOn(bench, [{ ...one, env: { CHANGED: "1" } }], broughtUp);
    await hands.kill(["one"]);
    await hands.revive(["one"]);
    expect(broughtUp).toEqual(["up"]);
    expect(await pidOf(bench, "one")).toBeUndefined();
  });

  it("refuse to kill what does not run", async () => {
    await using bench = await openWorkbench();
    const hands = handsOn(bench, []);
    await expect(hands.kill(["nobody"])).rejects.toMatchObject({ code: "KIT_CHAOS_FAILED" });
  });
});
