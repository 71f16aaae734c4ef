import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { ensureProcess, removeProcess } from "../../../../components/provider/process/supervisor.ts";
import { openWorkbench, until } from "./workbench.ts";

/** Processes whose command line holds the token, as pid and arguments. */
async function processesWith(token: string): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const text = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      return text.includes(token) ? [`${pid} ${text.replaceAll("\0", " ").slice(0, 80)}`] : [];
    }),
  );
  return found.flat();
}

/** A small generator of numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

describe.skipIf(process.platform !== "linux")("a starter that is killed at any moment", () => {
  test.each(Array.from({ length: 20 }, (_, index) => index + 1))(
    "leaves nothing that the next start and removal do not end (seed %i)",
    async (seed) => {
      await using bench = await openWorkbench();
      const random = randomFrom(seed);
      const token = `kit-token-${process.pid}-${seed}`;
      const prepared = join(bench.stateDir, "data", "prepared");
      const wanted = bench.specify({
        name: "victim",
        command: ["/bin/sh", "-c", "echo ready; sleep 600; :", token],
        directories: [{ path: join(bench.stateDir, "data") }],
        // Every other seed has a preparation to be killed in.
        ...(seed % 2 === 0 && {
          prepare: [{ command: ["/bin/sh", "-c", `sleep 0.03; echo whole > ${prepared}`, token], creates: prepared }],
        }),
        readiness: { log: { pattern: "ready" }, timeoutSeconds: 10 },
      });
      for (let round = 0; round < 2; round += 1) {
        const starter = spawn(
          process.execPath,
          ["--disable-warning=ExperimentalWarning", join(import.meta.dirname, "starter.ts"), JSON.stringify(wanted)],
          { stdio: ["ignore", "pipe", "inherit"] },
        );
        const ended = once(starter, "exit");
        await once(starter.stdout, "data");
        await delay(random() * 60);
        starter.kill("SIGKILL");
        await ended;
      }
      const running = await ensureProcess(wanted);
      if (seed % 2 === 0) expect(await readFile(prepared, "utf8")).toBe("whole\n");
      await until(
        "exactly one of them to live",
        async () =>
          (await processesWith(token)).filter(
            (line) => !line.includes("starter.ts") && line.startsWith(`${running.pid} `),
          ).length === 1 && (await processesWith(token)).length === 1,
        3000,
      );
      await removeProcess(wanted);
      await until("none of them to live", async () => (await processesWith(token)).length === 0, 3000);
      expect(await readdir(join(bench.stateDir, "run"))).toEqual([]);
    },
    60_000,
  );
});
