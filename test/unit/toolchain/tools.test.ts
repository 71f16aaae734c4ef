import { spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, readlink, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { runChecked, runCommand } from "../../../toolchain/making/command.ts";
import { findGo } from "../../../toolchain/making/go.ts";
import { probeVersion } from "../../../toolchain/making/probe.ts";
import { ALL_TOOLS, LOCAL_TOOLS, locateTool, prepareTools } from "../../../toolchain/tools.ts";

const environment = { ...process.env };
let folder: string;

/** An empty cache, an empty home, nothing on the search path. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kit-tools-"));
  process.env.KIT_CACHE_DIR = join(folder, "cache");
  process.env.HOME = join(folder, "home");
  process.env.PATH = join(folder, "bin");
  process.env.KIT_NO_DOWNLOADS = "1";
  delete process.env.JAVA_HOME;
  await mkdir(join(folder, "bin"));
});
afterEach(async () => {
  Object.assign(process.env, environment);
  for (const name of ["KIT_CACHE_DIR", "KIT_NO_DOWNLOADS"])
    if (environment[name] === undefined) delete process.env[name];
  await rm(folder, { recursive: true, force: true });
});

async function command(name: string, script: string): Promise<string> {
  const path = join(folder, "bin", name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

describe("locateTool", () => {
  it("says of every tool where it is, or why not and what to do", async () => {
    for (const name of ALL_TOOLS) {
      const status = await locateTool(name);
      expect(status.name).toBe(name);
      if (status.found) expect(status.version).toMatch(/^\d+\.\d+\.\d+/);
      else expect([status.reason, status.fix].every((text) => text.length > 10)).toBe(true);
    }
  });

  it("finds nothing prepared in an empty cache, and names the command that prepares it", async () => {
    for (const name of ["pulumi", "pulumi-resource-kafka", "kafka", "apicurio"] as const) {
      expect(await locateTool(name)).toMatchObject({ found: false, fix: "Run `npx kit doctor --fix`." });
    }
  });

  it("takes an installed CLI only in a right version and with its language host beside it", async () => {
    await command("pulumi", "echo v3.219.0");
    await command("pulumi-language-nodejs", "exit 0");
    expect((await locateTool("pulumi")).found).toBe(false);
    await rm(join(folder, "bin", "pulumi"));
    await command("pulumi", "echo v3.300.1");
    expect(await locateTool("pulumi")).toMatchObject({ found: true, version: "3.300.1", origin: "installed" });
    await rm(join(folder, "bin", "pulumi-language-nodejs"));
    expect((await locateTool("pulumi")).found).toBe(false);
  });

  it("takes a plugin from the user's own folder, by exact version", async () => {
    const plugins = join(folder, "home", ".pulumi", "plugins");
    const place = async (version: string): Promise<void> => {
      await mkdir(join(plugins, `resource-kafka-v${version}`), { recursive: true });
      await writeFile(join(plugins, `resource-kafka-v${version}`, "pulumi-resource-kafka"), "", { mode: 0o755 });
    };
    await place("3.13.1");
    expect((await locateTool("pulumi-resource-kafka")).found).toBe(false);
    await place("3.13.2");
    expect(await locateTool("pulumi-resource-kafka")).toMatchObject({
      found: true,
      version: "3.13.2",
      origin: "installed",
    });
  });

  it("reads Maven's version past the colours of its banner", async () => {
    await command("mvn", String.raw`printf '\033[1mApache Maven 3.8.7\033[m\nJava version: 17.0.15\n'`);
    expect(await locateTool("maven")).toMatchObject({ found: true, version: "3.8.7" });
  });

  it("refuses a Maven that is too old, naming the version wanted", async () => {
    await command("mvn", "echo Apache Maven 3.0.5");
    expect(await locateTool("maven")).toMatchObject({
      found: false,
      reason: expect.stringContaining("3.6.3"),
      fix: expect.stringContaining("apt install maven"),
    });
  });

  it("finds a JDK through JAVA_HOME", async () => {
    const home = join(folder, "jdk");
    await mkdir(join(home, "bin"), { recursive: true });
    await writeFile(join(home, "bin", "java"), "", { mode: 0o755 });
    await writeFile(join(home, "release"), 'JAVA_VERSION="99.0.1"\nJAVA_RUNTIME_VERSION="99.0.1+7"\n');
    process.env.JAVA_HOME = home;
    expect(await locateTool("java")).toMatchObject({ found: true, version: "99.0.1", path: join(home, "bin", "java") });
  });
});

describe("prepareTools", () => {
  it("does not prepare what was not asked for", async () => {
    const seen: string[] = [];
    await prepareTools(["node"], ({ tool }) => seen.push(tool));
    expect(new Set(seen)).toEqual(new Set(["node"]));
    expect(await readlink(join(folder, "cache", "node24"))).toBe(process.execPath);
  });

  it("reports a failure as an event and throws what to do", async () => {
    const states: string[] = [];
    await expect(prepareTools(["maven"], ({ state }) => states.push(state))).rejects.toMatchObject({
      code: "TOOL_MISSING",
      fix: expect.stringContaining("Install"),
    });
    expect(states).toEqual(["started", "failed"]);
  });

  it("leaves the Kubernetes plugin out of what the one-machine stack needs", () => {
    expect(LOCAL_TOOLS).not.toContain("pulumi-resource-kubernetes");
    expect(ALL_TOOLS).toEqual(expect.arrayContaining([...LOCAL_TOOLS]));
  });

  it.skipIf(process.getuid?.() === undefined)(
    "needs Go only for builds: without it, the message says what else would do",
    async () => {
      if ((await findGo()) !== undefined) return;
      await expect(prepareTools(["pulumi"], () => undefined)).rejects.toMatchObject({
        code: "TOOL_MISSING",
        fix: expect.stringContaining("Pulumi CLI"),
      });
    },
  );
});

describe("probeVersion", () => {
  it("asks a binary once, and again when it was replaced", async () => {
    const counter = join(folder, "count");
    const binary = await command("tool", `echo x >> ${counter}\necho 1.2.3`);
    process.env.PATH = [join(folder, "bin"), "/bin", "/usr/bin"].join(delimiter);
    expect(await probeVersion(binary, ["--version"])).toBe("1.2.3");
    expect(await probeVersion(binary, ["--version"])).toBe("1.2.3");
    expect((await readFile(counter, "utf8")).trim().split("\n")).toHaveLength(1);
    await command("tool", "echo version 10.20.30");
    expect(await probeVersion(binary, ["--version"])).toBe("10.20.30");
  });

  it("keeps no answer of a command that failed", async () => {
    const binary = await command("tool", "echo 9.9.9; exit 1");
    expect(await probeVersion(binary, ["--version"])).toBeUndefined();
  });
});

describe("runCommand", () => {
  it("ends a command's whole process group when its time is up", async () => {
    const script = `sleep 60 & echo $!; wait`;
    process.env.PATH = environment.PATH ?? "/bin:/usr/bin";
    const lines: string[] = [];
    await expect(
      runCommand("/bin/sh", ["-c", script], { timeoutMs: 500, onLine: (line) => lines.push(line) }),
    ).rejects.toMatchObject({ code: "COMMAND_TIMED_OUT" });
    const pid = Number(lines[0]);
    expect(pid).toBeGreaterThan(1);
    await expect.poll(() => isRunning(pid), { timeout: 5_000 }).toBe(false);
  });

  it("puts a failed command's last lines into the error", async () => {
    await expect(runChecked("/bin/sh", ["-c", "echo no space left >&2; exit 7"])).rejects.toMatchObject({
      code: "COMMAND_FAILED",
      message: expect.stringMatching(/code 7[\s\S]*no space left/),
    });
  });

  it("names a command that does not exist", async () => {
    await expect(runCommand("/no/such/command", [])).rejects.toMatchObject({
      code: "COMMAND_FAILED",
      message: expect.stringContaining("/no/such/command"),
    });
  });
});

describe("the bootstrap", () => {
  /** A project with the bootstrap, installed packages, and a command that shows what reached it. */
  async function project(main: string): Promise<string> {
    const root = join(folder, "project");
    await mkdir(join(root, "cli"), { recursive: true });
    await mkdir(join(root, "node_modules", "left"), { recursive: true });
    const packages = { "": {}, "node_modules/left": { version: "1.0.0" } };
    await writeFile(join(root, "package-lock.json"), JSON.stringify({ packages }));
    await writeFile(join(root, "node_modules", ".package-lock.json"), JSON.stringify({ packages }));
    await writeFile(join(root, "node_modules", "left", "package.json"), "{}");
    await writeFile(
      join(root, "cli", "kit.mjs"),
      await readFile(new URL("../../../cli/kit.mjs", import.meta.url), "utf8"),
    );
    await writeFile(join(root, "cli", "main.ts"), main);
    await writeFile(
      join(root, "cli", "main.mjs"),
      await readFile(new URL("../../../cli/main.mjs", import.meta.url), "utf8"),
    );
    return root;
  }

  function kit(root: string, args: readonly string[]): ReturnType<typeof spawn> {
    return spawn(process.execPath, [join(root, "cli", "kit.mjs"), ...args], { stdio: ["ignore", "pipe", "pipe"] });
  }

  async function outcome(
    child: ReturnType<typeof spawn>,
  ): Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }> {
    const text = { stdout: "", stderr: "" };
    child.stdout?.on("data", (chunk) => (text.stdout += String(chunk)));
    child.stderr?.on("data", (chunk) => (text.stderr += String(chunk)));
    return await new Promise((done) => child.once("close", (code, signal) => done({ code, signal, ...text })));
  }

  it("hands over the arguments and keeps the exit code", async () => {
    const root = await project(
      `const a: string[] = process.argv.slice(2); console.log(JSON.stringify(a)); process.exit(2);`,
    );
    const { code, stdout, stderr } = await outcome(kit(root, ["order", "--product", "a b"]));
    expect([code, stdout.trim(), stderr]).toEqual([2, '["order","--product","a b"]', ""]);
  });

  it("forwards a signal and waits for the orderly end", async () => {
    const root = await project(
      `process.on("SIGTERM", () => { console.log("ending"); process.exit(0); }); console.log("up"); setInterval(() => {}, 1000);`,
    );
    const child = kit(root, []);
    child.stdout?.once("data", () => child.kill("SIGTERM"));
    const { code, stdout } = await outcome(child);
    expect([code, stdout]).toEqual([0, "up\nending\n"]);
  });

  it("installs the packages when they do not match the lock file, once for two runs at once", async () => {
    const root = await project(`console.log("ran");`);
    await writeFile(
      join(root, "node_modules", ".package-lock.json"),
      JSON.stringify({ packages: { "node_modules/left": { version: "0.9.0" } } }),
    );
    const calls = join(folder, "calls");
    await command("npm", `echo "$@" >> ${calls}\n/bin/sleep 0.3`);
    const results = await Promise.all([outcome(kit(root, [])), outcome(kit(root, []))]);
    expect(results.map(({ code, stdout }) => [code, stdout])).toEqual([
      [0, "ran\n"],
      [0, "ran\n"],
    ]);
    expect((await readFile(calls, "utf8")).trim()).toBe("ci --ignore-scripts --no-audit --no-fund --loglevel=error");
  }, 20_000);

  it("links a workspace that came since the installation, and installs nothing for it", async () => {
    const root = await project(`console.log("ran");`);
    const lock = JSON.parse(await readFile(join(root, "package-lock.json"), "utf8")) as { packages: object };
    Object.assign(lock.packages, { "node_modules/@own/part": { resolved: "parts/one", link: true }, "parts/one": {} });
    await writeFile(join(root, "package-lock.json"), JSON.stringify(lock));
    await command("npm", "echo called >&2; exit 1");
    const { code, stdout } = await outcome(kit(root, []));
    expect([code, stdout]).toEqual([0, "ran\n"]);
    expect(await readlink(join(root, "node_modules", "@own", "part"))).toBe("../../parts/one");
  });

  it("does not take a failed installation for done", async () => {
    const root = await project(`console.log("ran");`);
    await rm(join(root, "node_modules", ".package-lock.json"));
    await command("npm", "echo no network >&2; exit 1");
    for (const _attempt of [1, 2]) {
      const { code, stdout, stderr } = await outcome(kit(root, []));
      expect([code, stdout]).toEqual([3, ""]);
      expect(stderr).toContain("no network");
    }
  }, 20_000);

  it("works when it is started through a link, as npx does", async () => {
    const root = await project(`console.log("ran");`);
    const link = join(folder, "bin", "kit");
    await symlink(join(root, "cli", "kit.mjs"), link);
    const { code, stdout } = await outcome(
      spawn(process.execPath, [link], { stdio: ["ignore", "pipe", "pipe"], cwd: dirname(root) }),
    );
    expect([code, stdout]).toEqual([0, "ran\n"]);
    expect((await stat(join(root, "node_modules", ".kit-stamp"))).isFile()).toBe(true);
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
