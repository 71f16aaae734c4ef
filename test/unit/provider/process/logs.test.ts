import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { boundLog, logTail } from "../../../../components/provider/process/log-file.ts";
import { ensureProcess } from "../../../../components/provider/process/supervisor.ts";
import { isAliveNow, openWorkbench, until } from "./workbench.ts";

test("a log above its bound moves to .1, one below stays; the writer goes on at the new end", async () => {
  const folder = await mkdtemp(join(tmpdir(), "kit-log-"));
  try {
    const path = join(folder, "a.log");
    await writeFile(path, "x".repeat(100));
    expect(await boundLog(path, 100)).toBe(false);
    await appendFile(path, "y");
    expect(await boundLog(path, 100)).toBe(true);
    expect((await stat(path)).size).toBe(0);
    expect((await readFile(`${path}.1`, "utf8")).length).toBe(101);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("the tail is the last lines, from an offset on, and empty without a log", async () => {
  const folder = await mkdtemp(join(tmpdir(), "kit-log-"));
  try {
    const path = join(folder, "a.log");
    expect(await logTail(path)).toBe("");
    await writeFile(path, `${"old\n".repeat(50_000)}1\n2\n3\n`);
    expect(await logTail(path, { lines: 2 })).toBe("2\n3");
    expect(await logTail(path, { offset: 200_000 })).toBe("1\n2\n3");
    // Cut meanwhile: the offset means nothing any more.
    await writeFile(path, "new\n");
    expect(await logTail(path, { offset: 200_000 })).toBe("new");
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("the keeper bounds the log of a process that writes without end, and ends on SIGTERM", async () => {
  await using bench = await openWorkbench();
  const wanted = bench.specify({
    name: "chatty",
    command: ["/bin/sh", "-c", "while :; do echo 0123456789012345678901234567890123456789; sleep 0.001; done"],
    log: { maxBytes: 8192 },
    readiness: { log: { pattern: "0123" }, timeoutSeconds: 10 },
  });
  const { logFile, pid } = await ensureProcess(wanted);
  const keeper = spawn(
    process.execPath,
    [
      "--disable-warning=ExperimentalWarning",
      join(import.meta.dirname, "../../../../components/provider/process/log-keeper.ts"),
      bench.stateDir,
    ],
    { stdio: "ignore" },
  );
  const ended = once(keeper, "exit");
  await until(
    "the log to be cut",
    async () =>
      stat(`${logFile}.1`).then(
        () => true,
        () => false,
      ),
    20_000,
  );
  const { size } = await stat(logFile);
  await until("the process to write on", async () => (await stat(logFile)).size !== size);
  // Appending, not at the old offset: no hole of zero bytes at the beginning.
  expect((await readFile(logFile))[0]).not.toBe(0);
  expect(isAliveNow(pid)).toBe(true);
  keeper.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
});
