#!/usr/bin/env node
// The bootstrap of the `kit` command: plain JavaScript without dependencies, because it runs before there are any, on
// whatever Node >= 20 the user has. It sees to the npm packages and to a Node that runs TypeScript, then hands over to
// cli/main.mjs. Everything it says goes to standard error.
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Kept equal to toolchain/versions.ts by a test. */
const NODE_MINIMUM = "24.6.0";
const NODE_PINNED = { linux: "24.21.0", darwin: "24.18.1" };
const OWN_MINIMUM = 20;

const PROJECT = dirname(dirname(fileURLToPath(import.meta.url)));
/** "Something the command needs is not there", as for every command of the kit. */
const EXIT_MISSING = 3;
const LOCK_STALE_MS = 30_000;

class BootstrapError extends Error {}

async function main() {
  if (Number(process.versions.node.split(".")[0]) < OWN_MINIMUM) {
    throw new BootstrapError(
      `Node ${process.versions.node} is too old: the kit wants Node >= ${OWN_MINIMUM}. Install one from https://nodejs.org and repeat.`,
    );
  }
  await ensurePackages();
  const node = await ensureNode();
  handOver(node, ["--disable-warning=ExperimentalWarning", join(PROJECT, "cli", "main.mjs"), ...process.argv.slice(2)]);
}

// --- npm packages ---

async function ensurePackages() {
  const lockText = readFileSync(join(PROJECT, "package-lock.json"), "utf8");
  const wanted = createHash("sha256").update(lockText).digest("hex");
  if (readStamp() === wanted) return;
  await withLock(
    `packages-${createHash("sha256").update(PROJECT).digest("hex").slice(0, 16)}`,
    "another run installs the npm packages",
    async () => {
      if (readStamp() === wanted) return;
      if (packagesMatch(lockText)) {
        linkWorkspaces(lockText);
      } else {
        say("Installing the npm packages …");
        // Provider packages try to download their plugin when they are installed; the toolchain prepares plugins.
        // Warnings about the Node that npm runs on are no one's business: the kit runs on another.
        await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: PROJECT });
        say("The npm packages are installed.");
      }
      writeAtomically(stampFile(), wanted);
    },
  );
}

function stampFile() {
  return join(PROJECT, "node_modules", ".kit-stamp");
}

function readStamp() {
  try {
    return readFileSync(stampFile(), "utf8");
  } catch {
    return undefined;
  }
}

/** Whether somebody already installed just these versions, e.g. by a plain `npm ci`. */
function packagesMatch(lockText) {
  try {
    const installed = JSON.parse(readFileSync(join(PROJECT, "node_modules", ".package-lock.json"), "utf8")).packages;
    return Object.entries(JSON.parse(lockText).packages).every(([path, entry]) => {
      if (!path.startsWith("node_modules/") || entry.link) return true;
      const present = installed[path];
      if (present === undefined) return entry.optional === true || entry.devOptional === true || entry.peer === true;
      return present.version === entry.version && existsSync(join(PROJECT, path, "package.json"));
    });
  } catch {
    return false;
  }
}

/**
 * Links the project's own packages to where npm would: a new one, say of `npx kit new service`, needs no installation, and
 * `npm ci` would install all others again.
 */
function linkWorkspaces(lockText) {
  for (const [path, { link, resolved }] of Object.entries(JSON.parse(lockText).packages)) {
    if (!link) continue;
    const target = join(PROJECT, path);
    const way = relative(dirname(target), join(PROJECT, resolved));
    if (lstatSync(target, { throwIfNoEntry: false })?.isSymbolicLink() && readlinkSync(target) === way) continue;
    rmSync(target, { recursive: true, force: true });
    mkdirSync(dirname(target), { recursive: true });
    symlinkSync(way, target);
  }
}

// --- Node ---

async function ensureNode() {
  if (isAtLeast(process.versions.node, NODE_MINIMUM)) return process.execPath;
  const onPath = findOnPath("node");
  if (onPath !== undefined && realpathSync(onPath) !== realpathSync(process.execPath)) {
    const version = await probeVersion(onPath);
    if (version !== undefined && isAtLeast(version, NODE_MINIMUM)) return onPath;
  }
  return await nodeFromCache();
}

/** The same artefact, key and manifest as toolchain/node.ts makes. */
async function nodeFromCache() {
  const version = NODE_PINNED[process.platform];
  if (version === undefined || !["x64", "arm64"].includes(process.arch)) throw nodeMissing();
  const packageName = `node-${process.platform}-${process.arch}`;
  const inputs = { package: packageName, version };
  const key = createHash("sha256")
    .update(JSON.stringify(Object.entries(inputs)))
    .digest("hex")
    .slice(0, 16);
  const parent = join(cacheDirectory(), "artefacts");
  const folder = join(parent, `node-${key}`);
  const binary = join(folder, "node_modules", packageName, "bin", "node");
  const isThere = () => existsSync(join(folder, "artefact.json")) && existsSync(binary);
  if (isThere()) return binary;
  await withLock("node", "another run fetches Node", async () => {
    if (isThere()) return;
    say(`Fetching Node ${version} (the running one is ${process.versions.node}) …`);
    const making = join(parent, `.making-node-${process.pid}-${randomBytes(4).toString("hex")}`);
    mkdirSync(making, { recursive: true });
    try {
      await run(
        "npm",
        ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", making, `${packageName}@${version}`],
        {},
      );
      const manifest = { name: "node", key, version, origin: "downloaded", inputs, facts: {} };
      writeFileSync(join(making, "artefact.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
      rmSync(folder, { recursive: true, force: true });
      renameSync(making, folder);
    } catch (error) {
      if (error instanceof BootstrapError) throw new BootstrapError(`${error.message}\n${nodeMissing().message}`);
      throw error;
    } finally {
      rmSync(making, { recursive: true, force: true });
    }
  });
  return binary;
}

function nodeMissing() {
  return new BootstrapError(
    `The kit runs on Node >= ${NODE_MINIMUM}, and none was found or could be fetched for ${process.platform} ${process.arch}. Install one from https://nodejs.org and repeat.`,
  );
}

function findOnPath(name) {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      if (folder !== "" && statSync(path).isFile()) return path;
    } catch {
      // Not here.
    }
  }
  return undefined;
}

/** The answer is kept under the binary's path, size and time of change, as in toolchain/making/probe.ts. */
async function probeVersion(binary) {
  const path = realpathSync(binary);
  const { mtimeMs, size } = statSync(path);
  const key = createHash("sha256")
    .update(JSON.stringify([path, mtimeMs, size, "--version"]))
    .digest("hex")
    .slice(0, 24);
  const answerFile = join(cacheDirectory(), "probes", key);
  try {
    return readFileSync(answerFile, "utf8");
  } catch {
    // Not asked before.
  }
  const output = await new Promise((done) => {
    const child = spawn(binary, ["--version"], { stdio: ["ignore", "pipe", "ignore"], timeout: 10_000 });
    let text = "";
    child.stdout.on("data", (chunk) => (text += chunk));
    child.once("error", () => done(""));
    child.once("close", () => done(text));
  });
  const version = /\d+\.\d+\.\d+/.exec(output)?.[0];
  if (version !== undefined) {
    mkdirSync(dirname(answerFile), { recursive: true });
    writeAtomically(answerFile, version);
  }
  return version;
}

function isAtLeast(version, minimum) {
  const [a, b] = [version, minimum].map((text) => text.split(".").map(Number));
  for (let i = 0; i < 3; i++) if (a[i] !== b[i]) return a[i] > b[i];
  return true;
}

// --- handing over ---

function handOver(node, args) {
  const child = spawn(node, args, { stdio: "inherit" });
  const forward = (signal) => {
    // A terminal sends Ctrl-C to both of us; sent twice it would mean "at once" to a command that ends in order.
    if (signal === "SIGINT" && process.stdin.isTTY) return;
    child.kill(signal);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]) process.on(signal, () => forward(signal));
  child.once("error", (error) => fail(new BootstrapError(`Could not start ${node}: ${error.message}`)));
  child.once("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

// --- shared ---

function cacheDirectory() {
  if (process.env.KIT_CACHE_DIR) return resolve(process.env.KIT_CACHE_DIR);
  return join(
    process.env.XDG_CACHE_HOME ? resolve(process.env.XDG_CACHE_HOME) : join(homedir(), ".cache"),
    "event-platform-kit",
  );
}

/** The protocol of the library the toolchain uses: a folder whose time is renewed; a stale one is taken over. */
async function withLock(name, reason, action) {
  const lock = join(cacheDirectory(), "locks", `${name}.lock`);
  mkdirSync(dirname(lock), { recursive: true });
  for (let waited = false; ; ) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
      try {
        if (Date.now() - statSync(lock).mtimeMs > LOCK_STALE_MS) rmdirSync(lock);
      } catch {
        // Released or taken over in between.
      }
      if (!waited) say(`Waiting: ${reason} …`);
      waited = true;
      await new Promise((wake) => setTimeout(wake, 200));
    }
  }
  const renewal = setInterval(() => {
    try {
      utimesSync(lock, Date.now() / 1000, Date.now() / 1000);
    } catch {
      // Taken over while the machine slept; the results are published whole, so nothing is broken by it.
    }
  }, LOCK_STALE_MS / 6);
  try {
    return await action();
  } finally {
    clearInterval(renewal);
    rmSync(lock, { recursive: true, force: true });
  }
}

/** Runs a command with its output on standard error; standard output belongs to the kit's answer. */
function run(command, args, options) {
  const startedAt = Date.now();
  const ticker = setInterval(() => say(`… ${Math.round((Date.now() - startedAt) / 1000)} s`), 10_000);
  return new Promise((done, failed) => {
    const child = spawn(command, args, { ...options, stdio: ["ignore", 2, 2] });
    child.once("error", (error) =>
      failed(
        new BootstrapError(`Could not start "${command}" (${error.message}). It comes with Node: https://nodejs.org`),
      ),
    );
    child.once("close", (code) => {
      if (code === 0) done();
      else
        failed(
          new BootstrapError(
            `"${command} ${args[0]}" ended with code ${code}: see its output above; check the network and repeat.`,
          ),
        );
    });
  }).finally(() => clearInterval(ticker));
}

function writeAtomically(file, text) {
  const temporary = `${file}.${randomBytes(4).toString("hex")}`;
  writeFileSync(temporary, text);
  renameSync(temporary, file);
}

function say(text) {
  process.stderr.write(`${text}\n`);
}

function fail(error) {
  say(error instanceof BootstrapError ? error.message : String(error?.stack ?? error));
  process.exit(EXIT_MISSING);
}

main().catch(fail);
