/** Starts, keeps and removes processes as specified. Every function here can be repeated at any time. */
import { constants } from "node:fs";
import { access, chown, lchown, mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { reasonOf } from "../../machine/coded-error.ts";
import type { Owner } from "../../machine/durable-file.ts";
import { bootId } from "../../machine/process-identity.ts";
import { providerError, writeFailure } from "../errors.ts";
import { ensureFile, modeBits } from "../files/declared-file.ts";
import { type Condition, inspect, isAlive } from "./condition.ts";
import { awaitReaped, endProcess, isSameAlive } from "./ending.ts";
import { inheritedEnvironment, type Launched, launch, outcomeText } from "./launch.ts";
import { withLock } from "./lock.ts";
import { boundLog, logSize, logTail } from "./log-file.ts";
import { requireFreePorts } from "./ports.ts";
import { missingSteps, prepare, undoInterrupted } from "./preparation.ts";
import { dropFor, type Privilege } from "./privilege.ts";
import { awaitReadiness, type ReadinessContext, readinessText } from "./readiness.ts";
import {
  forget,
  makeFolders,
  makeNonce,
  type ProcessPaths,
  pathsOf,
  type RunRecord,
  writeIntent,
  writeRecord,
} from "./record.ts";
import { type ProcessSpecification, specificationDigest } from "./specification.ts";

/** A process that is ready. */
export interface RunningProcess {
  readonly pid: number;
  readonly startedAt: string;
  readonly logFile: string;
  readonly specification: string;
  /** `kept`: it was already running. `started`: it was started now. */
  readonly how: "kept" | "started";
}

/** Options of the supervisor. */
export interface SupervisorOptions {
  readonly now?: () => Date;
  /** Receives the current action, as text. */
  readonly onProgress?: (message: string) => void;
}

function recordOf(
  wanted: ProcessSpecification,
  paths: ProcessPaths,
  own: Pick<RunRecord, "phase" | "nonce" | "startedAt" | "specification"> & { offset: number },
): RunRecord {
  const { offset, ...rest } = own;
  return {
    version: 1,
    name: wanted.name,
    role: wanted.role,
    ...(wanted.zone !== undefined && { zone: wanted.zone }),
    ...rest,
    bootId: bootId(),
    ports: wanted.ports,
    stop: wanted.stop,
    log: { path: paths.log, maxBytes: wanted.log.maxBytes, offset },
  };
}

async function giveAway(path: string, owner: Owner): Promise<void> {
  await lchown(path, owner.uid, owner.gid);
  const facts = await stat(path);
  if (!facts.isDirectory()) return;
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await giveAway(join(path, entry.name), owner);
    else await lchown(join(path, entry.name), owner.uid, owner.gid);
  }
}

/** Creates the data folders with the right owner. */
async function makeDirectories(wanted: ProcessSpecification, privilege: Privilege): Promise<void> {
  for (const { path, mode } of wanted.directories) {
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o711 });
      await mkdir(path, { recursive: true, mode: modeBits(mode) });
      if (privilege.kind === "user" && (await stat(path)).uid !== privilege.owner.uid)
        await giveAway(path, privilege.owner);
    } catch (error) {
      throw writeFailure(path, error);
    }
  }
}

/** Writes the files of the specification. Returns which ones it wrote. */
async function writeFiles(wanted: ProcessSpecification, privilege: Privilege): Promise<string[]> {
  const written = [];
  for (const { path, content, mode } of wanted.files) {
    const owner = privilege.kind === "user" ? privilege.owner : undefined;
    const folder = dirname(path);
    await mkdir(folder, { recursive: true, mode: 0o711 }).catch((error: unknown) =>
      Promise.reject(writeFailure(folder, error)),
    );
    if (await ensureFile(path, content, { mode: modeBits(mode), ...(owner && { owner }) })) written.push(path);
    else if (owner !== undefined) await chown(path, owner.uid, owner.gid);
  }
  return written;
}

async function privilegeFor(wanted: ProcessSpecification): Promise<Privilege> {
  if (!wanted.unprivileged) return { kind: "same" };
  const paths = [...wanted.directories, ...wanted.files].map(({ path }) => path);
  // Checked when the parent folders exist.
  for (const path of paths)
    await mkdir(dirname(path), { recursive: true, mode: 0o711 }).catch((error: unknown) =>
      Promise.reject(writeFailure(path, error)),
    );
  const programs = [wanted.command, ...wanted.prepare.map(({ command }) => command)].flatMap((command) =>
    command.slice(0, 1),
  );
  return dropFor(wanted.name, [...paths, ...programs]);
}

/** Withdraws a start that may still be in progress, then ends the live processes. */
async function clear(paths: ProcessPaths, name: string): Promise<{ how: "tidily" | "killed"; condition: Condition }> {
  await writeIntent(paths, undefined);
  const condition = await inspect(paths);
  return { how: await endProcess(name, condition), condition };
}

async function keep(
  wanted: ProcessSpecification,
  paths: ProcessPaths,
  condition: Condition,
  digest: string,
): Promise<RunningProcess | undefined> {
  if (!isAlive(condition) || condition.record.specification !== digest || condition.record.phase === "preparing")
    return undefined;
  const { record, identity } = condition;
  await writeFiles(wanted, await privilegeFor(wanted));
  // A process that was ready before must answer soon. One that is still starting gets its full timeout.
  const limit =
    record.phase === "ready" ? Math.min(10, wanted.readiness.timeoutSeconds) : wanted.readiness.timeoutSeconds;
  const context = { env: { ...inheritedEnvironment(), ...wanted.env }, log: record.log };
  const known = record.phase === "ready" && wanted.readiness.log !== undefined;
  const answer = known
    ? { result: "ready" }
    : await awaitReadiness(wanted.readiness, context, () => isSameAlive(identity), limit);
  if (answer.result !== "ready") return undefined;
  await writeRecord(
    paths,
    recordOf(wanted, paths, {
      phase: "ready",
      nonce: record.nonce,
      startedAt: record.startedAt,
      specification: digest,
      offset: record.log.offset,
    }),
  );
  return { pid: identity.pid, startedAt: record.startedAt, logFile: paths.log, specification: digest, how: "kept" };
}

/** Returns whether a process has a record in the same folder. */
async function isNeighbour({ runFolder }: ProcessPaths, pid: number): Promise<boolean> {
  const names = (await readdir(runFolder).catch(() => [])).filter((file) => file.endsWith(".pid"));
  const held = await Promise.all(
    names.map(async (file) => (await readFile(join(runFolder, file), "utf8").catch(() => "")).split(" ")[1]),
  );
  return held.includes(String(pid));
}

async function start(
  wanted: ProcessSpecification,
  paths: ProcessPaths,
  digest: string,
  options: SupervisorOptions,
): Promise<RunningProcess> {
  const { name } = wanted;
  const now = options.now ?? (() => new Date());
  const [program = ""] = wanted.command;
  for (const path of [program, ...wanted.prepare.map(({ command: [first = ""] }) => first)]) {
    await access(path, constants.X_OK).catch((error: unknown) =>
      Promise.reject(providerError("command-missing", { name, path, reason: reasonOf(error) }, error)),
    );
  }
  await requireFreePorts(name, wanted.ports, (pid) => isNeighbour(paths, pid));
  await undoInterrupted(paths);
  const privilege = await privilegeFor(wanted);
  await makeDirectories(wanted, privilege);
  await writeFiles(wanted, privilege);
  await boundLog(paths.log, wanted.log.maxBytes);
  const env = { ...wanted.env };
  const workingDirectory = wanted.workingDirectory ?? wanted.stateDir;

  const begin = async (
    phase: "preparing" | "starting",
    command: readonly string[],
    more: Record<string, string> = {},
  ): Promise<{ launched: Launched; record: RunRecord }> => {
    const nonce = makeNonce();
    const record = recordOf(wanted, paths, {
      phase,
      nonce,
      startedAt: now().toISOString(),
      specification: digest,
      offset: await logSize(paths.log),
    });
    // The record is written before the start, so the next run finds the intended start whatever its result.
    await writeRecord(paths, record);
    await writeIntent(paths, nonce);
    return {
      launched: await launch({ name, paths, nonce, command, env: { ...env, ...more }, workingDirectory, privilege }),
      record,
    };
  };

  const steps = await missingSteps(wanted.prepare);
  if (steps.length > 0) {
    options.onProgress?.(`preparing ${name}`);
    await prepare(
      name,
      paths,
      steps,
      wanted.directories.map(({ path }) => path),
      async (step) => (await begin("preparing", step.command, step.env)).launched,
    );
  }

  const { launched, record } = await begin("starting", wanted.command);
  const context = { env: { ...inheritedEnvironment(), ...env }, log: record.log };
  try {
    await becomeReady(wanted, paths, launched, record, context);
  } finally {
    launched.release();
  }
  return {
    pid: launched.identity.pid,
    startedAt: record.startedAt,
    logFile: paths.log,
    specification: digest,
    how: "started",
  };
}

/**
 * Waits for readiness and records it. A process that does not get ready is ended.
 * @throws `ended-early`, `not-ready`
 */
async function becomeReady(
  wanted: ProcessSpecification,
  paths: ProcessPaths,
  launched: Launched,
  record: RunRecord,
  context: ReadinessContext,
): Promise<void> {
  const { name } = wanted;
  const answer = await awaitReadiness(wanted.readiness, context, async () => launched.outcome() === undefined);
  if (answer.result !== "ready") {
    const log = await logTail(paths.log, { offset: record.log.offset });
    await clear(paths, name);
    if (answer.result === "ended")
      throw providerError("ended-early", { name, outcome: outcomeText(launched.outcome()), log, logFile: paths.log });
    throw providerError("not-ready", {
      name,
      seconds: wanted.readiness.timeoutSeconds,
      condition: readinessText(wanted.readiness),
      last: answer.last,
      log,
      logFile: paths.log,
    });
  }
  await writeRecord(paths, { ...record, phase: "ready" });
}

/**
 * Makes the process run as specified. If it already does, it is kept. A process with another specification is ended
 * first.
 * @throws The catalogue's errors about ports, programs, readiness and the state directory.
 */
export async function ensureProcess(
  wanted: ProcessSpecification,
  options: SupervisorOptions = {},
): Promise<RunningProcess> {
  const paths = pathsOf(wanted.stateDir, wanted.name);
  const digest = specificationDigest(wanted);
  await makeFolders(paths);
  return withLock(paths.lock, wanted.name, async () => {
    const kept = await keep(wanted, paths, await inspect(paths), digest);
    if (kept !== undefined) return kept;
    const { how, condition } = await clear(paths, wanted.name);
    if (how === "killed" && condition.identity !== undefined) await awaitReaped(condition.identity);
    return start(wanted, paths, digest, options);
  });
}

/** Ends a process and removes its record. Its data, files and log stay. Returns whether it was alive. */
export async function stopProcess(stateDir: string, name: string): Promise<boolean> {
  const paths = pathsOf(stateDir, name);
  await makeFolders(paths);
  return withLock(paths.lock, name, async () => {
    const before = await inspect(paths);
    await clear(paths, name);
    await forget(paths);
    return isAlive(before);
  });
}

/** Ends a process and removes its files, data, log and record. */
export async function removeProcess(wanted: ProcessSpecification): Promise<void> {
  const paths = pathsOf(wanted.stateDir, wanted.name);
  await stopProcess(wanted.stateDir, wanted.name);
  for (const { path } of wanted.files) await rm(path, { force: true });
  for (const { path } of wanted.directories) await rm(path, { recursive: true, force: true });
  for (const path of [paths.preparing, paths.log, `${paths.log}.1`]) await rm(path, { force: true });
}
