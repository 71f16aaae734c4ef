import { spawn } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { BECOME_PROMETHEUS } from "../../../components/substrates/local/observability.ts";
import { eventually } from "../../platform/condition.ts";

/** Starts the process with a preparation and a Prometheus that are shell scripts. */
async function become(preparation: string): Promise<{ readonly pid: number; readonly output: () => string }> {
  const folder = await mkdtemp(join(tmpdir(), "kit-prometheus-"));
  const script = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, `#!/bin/sh\n${text}\n`);
    await chmod(path, 0o755);
    return path;
  };
  const prometheus = await script("prometheus", 'echo "pid $$ with $*"');
  const node = await script("node", preparation.replaceAll("PROMETHEUS", prometheus));
  const child = spawn("/bin/sh", ["-c", BECOME_PROMETHEUS, "prometheus", node, "prepare.ts", "--a=b c", "--d"], {
    detached: true,
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  onTestFinished(async () => {
    // The group: a preparation under way ends with its process.
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    await rm(folder, { recursive: true, force: true });
  });
  return { pid: child.pid ?? 0, output: () => output };
}

const LIMIT_MS = 20_000;

describe("the process that becomes Prometheus", () => {
  it("says at once that it runs, and is Prometheus itself afterwards, with its arguments as they are", async () => {
    const { pid, output } = await become('echo "building" >&2; echo PROMETHEUS');
    await eventually(
      "Prometheus to run under the same number",
      () => (output().includes(`pid ${pid} with --a=b c --d`) ? true : undefined),
      LIMIT_MS,
    );
    expect(output()).toMatch(/^looking for Prometheus\n/);
    expect(output()).toContain("building");
  });

  it("says what is wrong and stays where there is none: everything else works without it", async () => {
    const { pid, output } = await become('echo "no Go" >&2; exit 1');
    await eventually(
      "the process to say that there is none",
      () => (output().includes("no Go\nthere is no Prometheus") ? true : undefined),
      LIMIT_MS,
    );
    expect(() => process.kill(pid, 0)).not.toThrow();
  });
});
