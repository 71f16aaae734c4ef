import { execFile } from "node:child_process";
import { access, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readFacts } from "../../components/machine/process-identity.ts";
import { listProcesses, stopProcesses } from "../../components/provider/process/index.ts";
import { pulumiEnvironment } from "../../toolchain/pulumi/pulumi-environment.ts";

const root = resolve(import.meta.dirname, "../..");

/** A separate project that uses the plugin through the real command. */
interface Project {
  readonly folder: string;
  readonly state: string;
  readonly secretFile: string;
  readonly port: number;
  pulumi(args: readonly string[], env?: Record<string, string>): Promise<{ code: number; text: string }>;
}

async function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => done(address !== null && typeof address === "object" ? address.port : 0));
    });
  });
}

const program = (port: number, state: string): string => `
import * as pulumi from "@pulumi/pulumi";
import * as kit from "${root}/components/provider/resources.ts";
const password = new kit.Password("password");
const authority = new kit.Certificate("authority", {kind: "authority", commonName: "test authority", validityHours: 240, renewBeforeHours: 24});
const leaf = new kit.Certificate("leaf", {kind: "leaf", issuer: authority, commonName: "web", dnsNames: ["localhost"], validityHours: 100, renewBeforeHours: 10});
new kit.File("secret", {path: "${state}/files/secret", content: password.value});
new kit.TopicLedger("ledger", {topics: {"order-events": {partitions: Number(process.env.TEST_PARTITIONS ?? "30")}}});
const web = new kit.Process("web", {
  name: "web", role: "service", stateDir: "${state}",
  command: [process.execPath, "-e", process.env.TEST_BROKEN ? "process.exit(7)" : "require('http').createServer((q,s)=>s.end('ok')).listen(${port},'127.0.0.1')"],
  env: {RELEASE: process.env.TEST_RELEASE ?? "1"},
  files: [{path: "${state}/files/key.pem", content: pulumi.interpolate\`\${leaf.privateKeyPem}\${password.value}\`}],
  directories: [{path: "${state}/data/web"}],
  ports: [{name: "http", host: "127.0.0.1", port: ${port}}],
  readiness: {http: {url: "http://127.0.0.1:${port}/"}, timeoutSeconds: 30},
});
export const pid = web.pid;
export const secret = password.value;
export const certificate = leaf.certificatePem;
`;

async function openProject(): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), "kit-engine-"));
  const state = join(folder, "state");
  const port = await freePort();
  await mkdir(state);
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "provider-test", type: "module" }));
  await writeFile(
    join(folder, "Pulumi.yaml"),
    `name: provider-test\nmain: index.ts\nruntime: {name: nodejs, options: {typescript: false}}\nplugins: {providers: [{name: kit, path: ${join(root, "components/provider")}}]}\n`,
  );
  await writeFile(join(folder, "index.ts"), program(port, state));
  const environment = {
    ...process.env,
    ...(await pulumiEnvironment({ stateDir: join(folder, "engine"), projectDir: folder })),
    NO_COLOR: "1",
  };
  return {
    folder,
    state,
    port,
    secretFile: join(state, "files", "secret"),
    pulumi: (args, env = {}) =>
      new Promise((done) => {
        execFile(
          "pulumi",
          [...args, "--non-interactive"],
          { cwd: folder, env: { ...environment, ...env }, timeout: 120_000, maxBuffer: 64 * 1024 * 1024 },
          (error, stdout, stderr) => {
            done({ code: error === null ? 0 : Number(error.code ?? 1), text: `${stdout}${stderr}` });
          },
        );
      }),
  };
}

async function succeed(project: Project, args: readonly string[], env?: Record<string, string>): Promise<string> {
  const { code, text } = await project.pulumi(args, env);
  if (code !== 0) throw new Error(`pulumi ${args.join(" ")} ended with ${code}:\n${text}`);
  return text;
}

const up = ["up", "--yes", "--skip-preview", "--stack", "test"];

// One scenario on one stack: each step begins where the previous one ended.
describe("the plugin under the real engine", () => {
  let project: Project;
  beforeAll(async () => {
    project = await openProject();
    await succeed(project, ["stack", "init", "test"]);
  });
  afterAll(async () => {
    await stopProcesses(project.state);
    await rm(project.folder, { recursive: true, force: true });
  });
  const answer = async (): Promise<string> => (await fetch(`http://127.0.0.1:${project.port}/`)).text();
  const pid = async (): Promise<number> =>
    Number((await succeed(project, ["stack", "output", "pid", "--stack", "test"])).trim());

  test("a preview touches nothing", async () => {
    await succeed(project, ["preview", "--stack", "test"]);
    expect(await readdir(project.state)).toEqual([]);
  });

  test("a start that fails tells the program's end, and destroy finds what it left", async () => {
    const { code, text } = await project.pulumi(up, { TEST_BROKEN: "1" });
    expect(code).not.toBe(0);
    expect(text).toContain("exit code 7");
    await access(join(project.state, "data", "web"));
    await succeed(project, ["destroy", "--yes", "--skip-preview", "--stack", "test"]);
    await expect(access(join(project.state, "data", "web"))).rejects.toThrow();
  });

  test("up brings it up", async () => {
    await succeed(project, up);
    expect(await answer()).toBe("ok");
  });

  test("a second preview is empty", async () => {
    await succeed(project, ["preview", "--expect-no-changes", "--stack", "test"]);
  });

  test("secrets are in no plain place: not in the state, not in an argument", async () => {
    const secret = (await succeed(project, ["stack", "output", "secret", "--show-secrets", "--stack", "test"])).trim();
    expect(secret).toHaveLength(32);
    expect(await readFile(project.secretFile, "utf8")).toBe(secret);
    const exported = await succeed(project, ["stack", "export", "--stack", "test"]);
    expect(exported).not.toContain(secret);
    expect(exported).not.toContain("PRIVATE KEY");
    expect(exported).toContain("BEGIN CERTIFICATE");
    expect(await readFile(`/proc/${await pid()}/cmdline`, "utf8").catch(() => "")).not.toContain(secret);
    expect((await stat(join(project.state, "files", "key.pem"))).mode & 0o777).toBe(0o600);
  });

  test("a killed process: preview says so, a plain up brings it back, and the next preview is empty", async () => {
    const before = await pid();
    process.kill(before, "SIGKILL");
    const preview = await succeed(project, ["preview", "--diff", "--stack", "test"]);
    expect(preview).toContain(`it has died (pid ${before})`);
    expect(preview).toMatch(/~ 1 to update/);
    await succeed(project, up);
    expect(await answer()).toBe("ok");
    expect(await pid()).not.toBe(before);
    await succeed(project, ["preview", "--expect-no-changes", "--stack", "test"]);
  });

  test("refresh notices a killed process and keeps the resource with its data", async () => {
    process.kill(await pid(), "SIGKILL");
    expect(await succeed(project, ["refresh", "--yes", "--skip-preview", "--stack", "test"])).toContain("it has died");
    await access(join(project.state, "data", "web"));
    await succeed(project, up);
    expect(await answer()).toBe("ok");
  });

  test("a file that was changed by hand is mended, without a restart", async () => {
    const before = await pid();
    await writeFile(project.secretFile, "changed");
    await succeed(project, up);
    expect(await readFile(project.secretFile, "utf8")).not.toBe("changed");
    expect(await pid()).toBe(before);
  });

  test("a changed specification restarts", async () => {
    const before = await pid();
    await succeed(project, up, { TEST_RELEASE: "2" });
    expect(await pid()).not.toBe(before);
    await succeed(project, up);
  });

  test("lowered partitions are refused on their property before anything is touched", async () => {
    const { code, text } = await project.pulumi(["preview", "--stack", "test"], { TEST_PARTITIONS: "20" });
    expect(code).not.toBe(0);
    expect(text).toContain('topics["order-events"].partitions');
    expect(text).toMatch(/has 30 partitions and would be lowered to 20/);
    await succeed(project, up, { TEST_PARTITIONS: "31" });
    const again = await project.pulumi(["preview", "--stack", "test"], { TEST_PARTITIONS: "30" });
    expect(again.text).toMatch(/has 31 partitions and would be lowered to 30/);
  });

  test("after a stop without the engine, up starts everything again with its data", async () => {
    await writeFile(join(project.state, "data", "web", "fact"), "kept");
    await stopProcesses(project.state);
    expect(await listProcesses(project.state)).toEqual([]);
    await succeed(project, up, { TEST_PARTITIONS: "31" });
    expect(await answer()).toBe("ok");
    expect(await readFile(join(project.state, "data", "web", "fact"), "utf8")).toBe("kept");
  });

  test("destroy leaves nothing", async () => {
    const last = await pid();
    await succeed(project, ["destroy", "--yes", "--skip-preview", "--stack", "test"]);
    await expect(answer()).rejects.toThrow();
    // A container's first process may never reap ended processes; a zombie does not count as alive.
    expect((await readFacts(last))?.zombie ?? true).toBe(true);
    const left = await readdir(project.state, { recursive: true, withFileTypes: true });
    expect(
      left.filter((entry) => !entry.isDirectory()).map((entry) => join(dirname(entry.parentPath), entry.name)),
    ).toEqual([]);
  });
});
