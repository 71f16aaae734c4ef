import { spawn } from "node:child_process";
import { access, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readFacts } from "../../../../components/machine/process-identity.ts";
import { ProviderError } from "../../../../components/provider/errors.ts";
import { probePort } from "../../../../components/provider/process/ports.ts";
import { pathsOf, readRecord, writeRecord } from "../../../../components/provider/process/record.ts";
import { ensureProcess, removeProcess, stopProcess } from "../../../../components/provider/process/supervisor.ts";
import { freePort, isAliveNow, openWorkbench, serverProgram, until } from "./workbench.ts";

async function failureOf(work: Promise<unknown>): Promise<ProviderError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ProviderError)) throw new Error(`expected an error of the catalogue, got ${String(error)}`);
  return error;
}

describe("start", () => {
  test("a slow start is waited for; the process leads its own session and writes its own log", async () => {
    await using bench = await openWorkbench();
    const port = await freePort();
    const wanted = bench.specify({
      name: "slow",
      command: serverProgram(port, { delayMs: 400 }),
      ports: [{ name: "http", host: "127.0.0.1", port }],
      readiness: { http: { url: `http://127.0.0.1:${port}/` }, timeoutSeconds: 20 },
    });
    const { pid, how, logFile } = await ensureProcess(wanted);
    expect(how).toBe("started");
    expect((await readFacts(pid))?.session).toBe(pid);
    expect(await readFile(logFile, "utf8")).toContain("listening");
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("ok");
  });

  test("one that ends before it is ready: the error has its exit code and last lines", async () => {
    await using bench = await openWorkbench();
    const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`).join("\n");
    const wanted = bench.specify({
      name: "crash",
      command: ["/bin/sh", "-c", `echo "${lines}"; echo "no such disk" >&2; exit 3`],
      readiness: { tcp: { host: "127.0.0.1", port: 1 }, timeoutSeconds: 20 },
    });
    const error = await failureOf(ensureProcess(wanted));
    expect(error.code).toBe("ended-early");
    expect(error.message).toContain("exit code 3");
    expect(error.message).toContain("no such disk");
    expect(error.message).not.toContain("line 5\n");
    expect(error.message).toContain(pathsOf(bench.stateDir, "crash").log);
  });

  test("one that is not ready in time is ended, and the error says what was waited for", async () => {
    await using bench = await openWorkbench();
    const wanted = bench.specify({
      name: "never",
      command: ["/bin/sh", "-c", "echo $$; exec sleep 600"],
      readiness: { log: { pattern: "^ready$" }, timeoutSeconds: 0.5 },
    });
    const error = await failureOf(ensureProcess(wanted));
    expect(error.code).toBe("not-ready");
    expect(error.message).toContain("/^ready$/");
    const pid = Number((await readFile(pathsOf(bench.stateDir, "never").log, "utf8")).trim());
    expect(isAliveNow(pid)).toBe(false);
  });

  test("readiness by a line of the log counts only lines of this start", async () => {
    await using bench = await openWorkbench();
    await ensureProcess(
      bench.specify({
        name: "log",
        command: ["/bin/sh", "-c", "echo ready; exec sleep 600"],
        readiness: { log: { pattern: "^ready$" }, timeoutSeconds: 10 },
      }),
    );
    await stopProcess(bench.stateDir, "log");
    const silent = bench.specify({
      name: "log",
      command: ["/bin/sh", "-c", "exec sleep 600"],
      readiness: { log: { pattern: "^ready$" }, timeoutSeconds: 0.4 },
    });
    expect((await failureOf(ensureProcess(silent))).code).toBe("not-ready");
  });

  test("a program that is not there is named before anything is touched", async () => {
    await using bench = await openWorkbench();
    const path = join(bench.stateDir, "data");
    const wanted = bench.specify({
      name: "missing",
      command: ["/nowhere/java"],
      directories: [{ path }],
      readiness: { command: ["/bin/true"], timeoutSeconds: 1 },
    });
    const error = await failureOf(ensureProcess(wanted));
    expect(error.code).toBe("command-missing");
    expect(error.message).toContain("/nowhere/java");
    await expect(access(path)).rejects.toThrow();
  });

  test("a taken port: the holder is named, nothing is started", async () => {
    await using bench = await openWorkbench();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const address = server.address();
      const port = address !== null && typeof address === "object" ? address.port : 0;
      const wanted = bench.specify({
        name: "late",
        command: serverProgram(port),
        ports: [{ name: "http", host: "127.0.0.1", port }],
        readiness: { tcp: { host: "127.0.0.1", port }, timeoutSeconds: 5 },
      });
      const error = await failureOf(ensureProcess(wanted));
      expect(error.code).toBe("port-taken");
      expect(error.message).toContain(`127.0.0.1:${port}`);
      expect(error.message).toContain(`pid ${process.pid}`);
      expect(await readRecord(pathsOf(bench.stateDir, "late"))).toBeUndefined();
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test("files come before the start, private, and secrets stay out of the arguments and the record", async () => {
    await using bench = await openWorkbench();
    const path = join(bench.stateDir, "files", "password");
    const secret = "s3cr3t-value";
    const wanted = bench.specify({
      name: "reader",
      command: ["/bin/sh", "-c", `cat "$0" >/dev/null && echo ready; exec sleep 600`, path],
      files: [{ path, content: secret }],
      readiness: { log: { pattern: "ready" }, timeoutSeconds: 10 },
    });
    const { pid } = await ensureProcess(wanted);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const paths = pathsOf(bench.stateDir, "reader");
    for (const place of [paths.record, paths.pid, paths.log, `/proc/${pid}/cmdline`, `/proc/${pid}/environ`])
      expect(await readFile(place, "utf8").catch(() => "")).not.toContain(secret);
    expect((await stat(paths.record)).mode & 0o777).toBe(0o600);
    expect((await stat(paths.log)).mode & 0o777).toBe(0o600);
  });

  test("the environment is what was asked for, PATH, HOME, LANG and TZ", async () => {
    await using bench = await openWorkbench();
    process.env.KIT_TEST_LEAK = "leak";
    try {
      const wanted = bench.specify({
        name: "env",
        command: ["/bin/sh", "-c", "env; echo ready; exec sleep 600"],
        env: { ASKED: "yes" },
        readiness: { log: { pattern: "ready" }, timeoutSeconds: 10 },
      });
      const { logFile } = await ensureProcess(wanted);
      const names = (await readFile(logFile, "utf8"))
        .split("\n")
        .filter((line) => line.includes("="))
        .map((line) => line.split("=")[0]);
      // sh adds PWD, OLDPWD, SHLVL and _ itself.
      expect(
        names.filter((name) => !["PATH", "HOME", "LANG", "TZ", "PWD", "OLDPWD", "SHLVL", "_"].includes(name ?? "")),
      ).toEqual(["ASKED"]);
    } finally {
      delete process.env.KIT_TEST_LEAK;
    }
  });
});

describe("again", () => {
  const sleeper = {
    command: ["/bin/sh", "-c", "echo ready; exec sleep 600"],
    readiness: { log: { pattern: "ready" }, timeoutSeconds: 10 },
  };

  test("the same specification keeps the process, display fields and stop included", async () => {
    await using bench = await openWorkbench();
    const first = await ensureProcess(bench.specify({ name: "one", ...sleeper }));
    const second = await ensureProcess(
      bench.specify({ name: "one", ...sleeper, zone: "zone-b", stop: { graceSeconds: 1 } }),
    );
    expect(second).toMatchObject({ pid: first.pid, how: "kept" });
    expect(await readRecord(pathsOf(bench.stateDir, "one"))).toMatchObject({
      zone: "zone-b",
      stop: { graceSeconds: 1 },
    });
  });

  test.each([
    ["env", { env: { A: "1" } }],
    ["restartToken", { restartToken: "2" }],
    ["command", { command: ["/bin/sh", "-c", "echo ready; exec sleep 601"] }],
  ])("a change of %s restarts", async (_, change) => {
    await using bench = await openWorkbench();
    const first = await ensureProcess(bench.specify({ name: "one", ...sleeper }));
    const second = await ensureProcess(bench.specify({ name: "one", ...sleeper, ...change }));
    expect(second.how).toBe("started");
    expect(isAliveNow(first.pid)).toBe(false);
  });

  test("a killed one comes back", async () => {
    await using bench = await openWorkbench();
    const wanted = bench.specify({ name: "one", ...sleeper });
    const first = await ensureProcess(wanted);
    process.kill(first.pid, "SIGKILL");
    await until("the process to end", () => !isAliveNow(first.pid));
    const second = await ensureProcess(wanted);
    expect(second.how).toBe("started");
    expect(second.pid).not.toBe(first.pid);
  });

  test("one whose start was interrupted before it was ready is kept once it is", async () => {
    await using bench = await openWorkbench();
    const wanted = bench.specify({ name: "one", ...sleeper });
    const first = await ensureProcess(wanted);
    const paths = pathsOf(bench.stateDir, "one");
    const record = await readRecord(paths);
    if (record === undefined) throw new Error("no record");
    await writeRecord(paths, { ...record, phase: "starting" });
    expect(await ensureProcess(wanted)).toMatchObject({ pid: first.pid, how: "kept" });
    expect((await readRecord(paths))?.phase).toBe("ready");
  });

  test("one that lives but no longer answers is restarted", async () => {
    await using bench = await openWorkbench();
    const flag = join(bench.stateDir, "healthy");
    const wanted = bench.specify({
      name: "sick",
      command: ["/bin/sh", "-c", `touch ${flag}; exec sleep 600`],
      readiness: { command: ["/bin/ls", flag], timeoutSeconds: 1 },
    });
    const first = await ensureProcess(wanted);
    await rm(flag);
    const second = await ensureProcess(wanted);
    expect(second.how).toBe("started");
    expect(isAliveNow(first.pid)).toBe(false);
  });

  test("a process id that belongs to somebody else now is never signalled", async () => {
    await using bench = await openWorkbench();
    const wanted = bench.specify({ name: "one", ...sleeper });
    const { pid } = await ensureProcess(wanted);
    process.kill(pid, "SIGKILL");
    await until("the process to end", () => !isAliveNow(pid));
    const stranger = spawn("/bin/sleep", ["600"], { detached: true, stdio: "ignore" });
    try {
      const paths = pathsOf(bench.stateDir, "one");
      const record = await readRecord(paths);
      const forged = `${record?.nonce ?? ""} ${await readFile(`/proc/${stranger.pid}/stat`, "utf8")}`.replace(
        /(\) \S (?:\S+ ){18})\d+/,
        "$11",
      );
      await writeFile(paths.pid, forged);
      expect((await ensureProcess(wanted)).how).toBe("started");
      await stopProcess(bench.stateDir, "one");
      expect(stranger.exitCode).toBeNull();
      expect(stranger.signalCode).toBeNull();
      expect(isAliveNow(stranger.pid ?? 0)).toBe(true);
    } finally {
      stranger.kill("SIGKILL");
    }
  });

  test("two starts at once make one process", async () => {
    await using bench = await openWorkbench();
    const wanted = bench.specify({ name: "one", ...sleeper });
    const both = await Promise.all([ensureProcess(wanted), ensureProcess(wanted)]);
    expect(both.map(({ how }) => how).sort()).toEqual(["kept", "started"]);
    expect(both[0].pid).toBe(both[1].pid);
  });

  test("a lock left by a killed program does not hold", async () => {
    await using bench = await openWorkbench();
    const paths = pathsOf(bench.stateDir, "one");
    await mkdir(paths.runFolder, { recursive: true });
    await writeFile(paths.lock, "1 2020-01-01T00:00:00.000Z 424242424242\n");
    expect((await ensureProcess(bench.specify({ name: "one", ...sleeper }))).how).toBe("started");
  });
});

describe("end", () => {
  test("SIGTERM is ignored: SIGKILL after the grace, and the port is free", async () => {
    await using bench = await openWorkbench();
    const port = await freePort();
    const wanted = bench.specify({
      name: "stubborn",
      command: serverProgram(port, { ignoreTerm: true }),
      stop: { graceSeconds: 0.5 },
      ports: [{ name: "http", host: "127.0.0.1", port }],
      readiness: { tcp: { host: "127.0.0.1", port }, timeoutSeconds: 20 },
    });
    const { pid, logFile } = await ensureProcess(wanted);
    expect(await stopProcess(bench.stateDir, "stubborn")).toBe(true);
    expect(await readFile(logFile, "utf8")).toContain("no");
    expect(isAliveNow(pid)).toBe(false);
    expect(await probePort("127.0.0.1", port)).toBe("free");
  });

  test("children go with their parent, also when the parent was killed before", async () => {
    await using bench = await openWorkbench();
    const wanted = bench.specify({
      name: "parent",
      command: ["/bin/sh", "-c", "sleep 600 & echo child $!; wait"],
      readiness: { log: { pattern: "child" }, timeoutSeconds: 10 },
    });
    const { pid, logFile } = await ensureProcess(wanted);
    const child = Number(/child (\d+)/.exec(await readFile(logFile, "utf8"))?.[1]);
    process.kill(pid, "SIGKILL");
    await until("the parent to end", () => !isAliveNow(pid));
    expect(isAliveNow(child)).toBe(true);
    await stopProcess(bench.stateDir, "parent");
    await until("the child to end", async () => (await readFacts(child))?.zombie ?? true);
  });

  test("removing takes files, data, log and record; stopping leaves them", async () => {
    await using bench = await openWorkbench();
    const data = join(bench.stateDir, "data", "one");
    const file = join(bench.stateDir, "files", "one.conf");
    const wanted = bench.specify({
      name: "one",
      command: ["/bin/sh", "-c", `echo kept > ${data}/fact; echo ready; exec sleep 600`],
      directories: [{ path: data }],
      files: [{ path: file, content: "x" }],
      readiness: { log: { pattern: "ready" }, timeoutSeconds: 10 },
    });
    const { logFile } = await ensureProcess(wanted);
    await stopProcess(bench.stateDir, "one");
    expect(await readFile(join(data, "fact"), "utf8")).toBe("kept\n");
    await access(file);
    await removeProcess(wanted);
    for (const path of [
      data,
      file,
      logFile,
      pathsOf(bench.stateDir, "one").record,
      pathsOf(bench.stateDir, "one").intent,
    ])
      await expect(access(path)).rejects.toThrow();
  });
});
