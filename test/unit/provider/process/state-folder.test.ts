import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { pathsOf } from "../../../../components/provider/process/record.ts";
import { processSchema } from "../../../../components/provider/process/specification.ts";
import { ensureProcess, removeProcess } from "../../../../components/provider/process/supervisor.ts";
import { openWorkbench } from "./workbench.ts";

const isRoot = process.getuid?.() === 0;
const sleeper = {
  command: ["/bin/sh", "-c", "echo ready; exec sleep 600"],
  readiness: { log: { pattern: "ready" }, timeoutSeconds: 10 },
};

/** Can this user mount a small file system? */
function canMount(): boolean {
  if (!isRoot || process.platform !== "linux") return false;
  try {
    execFileSync("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

test.skipIf(!canMount())("a full state folder is named, and after some room the same start works", async () => {
  const folder = await mkdtemp(join(tmpdir(), "kit-full-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", folder]);
  try {
    const filler = join(folder, "filler");
    const wanted = processSchema.parse({ name: "a", role: "service", ports: [], stateDir: folder, ...sleeper });
    await mkdir(join(folder, "run"));
    await mkdir(join(folder, "logs"));
    await writeFile(filler, Buffer.alloc(1024 * 1024)).catch(() => undefined);
    const error = await ensureProcess(wanted).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: "state-folder-full" });
    expect(String(error)).toContain(folder);
    await rm(filler);
    expect((await ensureProcess(wanted)).how).toBe("started");
    await removeProcess(wanted);
    expect(await readdir(join(folder, "run"))).toEqual([]);
  } finally {
    execFileSync("umount", [folder]);
    await rm(folder, { recursive: true });
  }
});

test("an unwritable state folder is named with a fix", async () => {
  const folder = await mkdtemp(join(tmpdir(), "kit-blocked-"));
  try {
    // Root may write anywhere, but nobody makes a folder below a file.
    await writeFile(join(folder, "state"), "");
    if (!isRoot) await chmod(folder, 0o500);
    const wanted = processSchema.parse({
      name: "a",
      role: "service",
      ports: [],
      stateDir: join(folder, "state"),
      ...sleeper,
    });
    await expect(ensureProcess(wanted)).rejects.toMatchObject({
      code: "state-folder-unwritable",
      fix: expect.stringContaining("KIT_STATE_DIR"),
    });
  } finally {
    await chmod(folder, 0o700);
    await rm(folder, { recursive: true });
  }
});

describe("preparation", () => {
  test("runs in order, once", async () => {
    await using bench = await openWorkbench();
    const data = join(bench.stateDir, "data");
    const step = (name: string): object => ({
      command: ["/bin/sh", "-c", `echo ${name} >> ${data}/steps; touch ${data}/${name}`],
      creates: join(data, name),
    });
    const wanted = bench.specify({
      name: "a",
      ...sleeper,
      directories: [{ path: data }],
      prepare: [step("one"), step("two")],
    });
    await ensureProcess(wanted);
    await ensureProcess(bench.specify({ ...wanted, restartToken: "again" }));
    expect(await readFile(join(data, "steps"), "utf8")).toBe("one\ntwo\n");
  });

  test("a failing step: its command, outcome and log; what it left is gone, and a mended one runs from its start", async () => {
    await using bench = await openWorkbench();
    const data = join(bench.stateDir, "data");
    const prepare = (last: string): object[] => [
      {
        command: ["/bin/sh", "-c", `test ! -e ${data}/half || exit 9; touch ${data}/half; echo half done; ${last}`],
        creates: join(data, "whole"),
      },
    ];
    const base = { name: "a", ...sleeper, directories: [{ path: data }] };
    const error = await ensureProcess(bench.specify({ ...base, prepare: prepare("exit 4") })).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: "preparation-failed" });
    expect(String(error)).toMatch(/exit code 4[^]*half done/);
    expect(await readdir(data)).toEqual([]);
    expect((await ensureProcess(bench.specify({ ...base, prepare: prepare(`touch ${data}/whole`) }))).how).toBe(
      "started",
    );
  });

  test("data that was there before an interrupted step is never removed", async () => {
    await using bench = await openWorkbench();
    const data = join(bench.stateDir, "data");
    await mkdir(data);
    await writeFile(join(data, "precious"), "orders");
    const wanted = bench.specify({
      name: "a",
      ...sleeper,
      directories: [{ path: data }],
      prepare: [{ command: ["/bin/sh", "-c", `touch ${data}/half; exit 4`], creates: join(data, "whole") }],
    });
    await expect(ensureProcess(wanted)).rejects.toMatchObject({ code: "preparation-failed" });
    expect(await readFile(join(data, "precious"), "utf8")).toBe("orders");
  });
});

describe.skipIf(!isRoot)("a process that must not run as root", () => {
  test("runs as an ordinary user who owns its data and its secrets", async () => {
    await using bench = await openWorkbench();
    await chmod(bench.stateDir, 0o711);
    const data = join(bench.stateDir, "data");
    const file = join(bench.stateDir, "files", "secret");
    const wanted = bench.specify({
      name: "a",
      command: ["/bin/sh", "-c", `cat ${file} && touch ${data}/mine && id -u && echo ready; exec sleep 600`],
      unprivileged: true,
      directories: [{ path: data }],
      files: [{ path: file, content: "s" }],
      readiness: { log: { pattern: "ready" }, timeoutSeconds: 10 },
    });
    const { pid } = await ensureProcess(wanted);
    expect((await stat(`/proc/${pid}`)).uid).not.toBe(0);
    expect((await stat(join(data, "mine"))).uid).toBe((await stat(data)).uid);
    expect((await ensureProcess(wanted)).how).toBe("kept");
  });

  test.skipIf(process.platform !== "linux")(
    "below a closed folder it runs in a user namespace, and the data stay root's",
    async () => {
      const closed = await mkdtemp(join(tmpdir(), "kit-closed-"));
      try {
        await using bench = await openWorkbench(closed);
        const data = join(bench.stateDir, "data");
        const wanted = bench.specify({
          name: "a",
          command: ["/bin/sh", "-c", `touch ${data}/mine && echo "user $(id -u)"; exec sleep 600`],
          unprivileged: true,
          directories: [{ path: data }],
          readiness: { log: { pattern: "user \\d+" }, timeoutSeconds: 10 },
        });
        await ensureProcess(wanted);
        expect(await readFile(pathsOf(bench.stateDir, "a").log, "utf8")).toContain("user 65534");
        expect((await stat(join(data, "mine"))).uid).toBe(0);
      } finally {
        await rm(closed, { recursive: true, force: true });
      }
    },
  );
});
