/** Runs the Pulumi CLI as a child process and turns its events into progress and an outcome. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { open, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { BEGUN_TOPICS_VARIABLE } from "../../components/kafka/begun-topics.ts";
import { processStart } from "../../components/machine/process-identity.ts";
import { KitError } from "../errors.ts";
import { watchInterruptions } from "../terminal/interruption.ts";
import {
  begunTopicsFile,
  forgetBegunTopics,
  mayHoldBegunCreations,
  rememberBegunTopics,
  unconfirmedTopics,
  withoutBegunCreations,
} from "./begun-creations.ts";
import { EventLog } from "./event-log.ts";
import { parseEvent, plainText } from "./events.ts";
import { clearStaleLocks, describeLock } from "./lock.ts";
import type { EngineFailure, EngineProgress } from "./progress.ts";
import { failures, INITIAL_PROGRESS, reduceEvent } from "./progress.ts";
import { removeRunRecord, settleInterruptedRun, writeRunRecord } from "./run-record.ts";
import type { StackFiles } from "./stack.ts";
import { writeStackConfig, writeStackProject } from "./stack.ts";
import { removeTornAttributes } from "./torn-attributes.ts";
import { isExportedStack, mayHoldTornGrants, withoutTornGrants } from "./torn-grants.ts";

/** What to run. */
export interface EngineRun {
  readonly operation: "up" | "preview";
  readonly projectDir: string;
  readonly stateDir: string;
  readonly files: StackFiles;
  /** Complete environment of the child. */
  readonly environment: NodeJS.ProcessEnv;
  readonly onProgress: (progress: EngineProgress) => void;
}

/** Outcome of a run. */
export interface EngineOutcome {
  readonly succeeded: boolean;
  readonly cancelled: boolean;
  readonly progress: EngineProgress;
  readonly failures: readonly EngineFailure[];
  /** Last lines of the CLI's own output, without colour. */
  readonly output: string;
  readonly exitCode: number;
}

const READ_INTERVAL_MS = 60;
const LOG_LIMIT_BYTES = 5 * 1024 ** 2;
const OUTPUT_TAIL = 4_000;
/** The work waits and does not compute: the kafka plugin waits a second after each topic. */
const PARALLEL = "64";

const ARGUMENTS: Readonly<Record<EngineRun["operation"], readonly string[]>> = {
  up: ["up", "--yes", "--skip-preview", "--suppress-outputs", "--suppress-progress"],
  preview: ["preview", "--suppress-outputs", "--suppress-progress"],
};

/**
 * Cleans up after dead runs and ensures that no other run is in progress.
 * @throws KitError `KIT_PLATFORM_BUSY`, with its owner and start time.
 */
export async function claimStack(stateDir: string, files: StackFiles, say: (line: string) => void): Promise<void> {
  await settleInterruptedRun(stateDir, say);
  await removeAbandonedEventLogs(stateDir);
  await removeTornAttributes(files.stateFile);
  const { held, removed } = await clearStaleLocks(files.backendDir, files.project, files.stack);
  if (removed > 0) say(`Removed ${removed === 1 ? "a lock" : `${removed} locks`} of a run that no longer lives`);
  if (held !== undefined) throw new KitError("KIT_PLATFORM_BUSY", describeLock(held));
}

/** Event logs have the process id of the `kit` that reads them; those of dead processes have no reader. */
async function removeAbandonedEventLogs(stateDir: string): Promise<void> {
  for (const name of await readdir(stateDir).catch(() => [])) {
    const owner = /^events-(\d+)\.jsonl$/.exec(name)?.[1];
    if (owner !== undefined && (await processStart(Number(owner))) === undefined)
      await rm(join(stateDir, name), { force: true });
  }
}

/** Creates the stack in its backend if it does not exist, and writes its configuration. */
export async function ensureStack(run: Pick<EngineRun, "files" | "environment" | "stateDir">): Promise<void> {
  const { files } = run;
  await writeStackConfig(files);
  if (existsSync(files.stateFile)) return;
  await writeStackProject(files);
  const result = await runPulumi(
    ["stack", "init", files.stack, "--no-select", "--non-interactive", "--color", "never"],
    {
      cwd: files.folder,
      environment: run.environment,
    },
  );
  // Another run may have been faster; its stack is equally good.
  if (result.exitCode !== 0 && !/already exists/.test(result.output))
    throw engineError(result.exitCode, result.output, run.environment);
}

/** Repairs of a state. */
export interface MendedState {
  /** Half-created ACLs, which will be created again. */
  readonly grants: number;
  /** Creations that a killed run had begun, which will be finished. */
  readonly creations: number;
}

/** Repairs the state of an interrupted or failed run, so that the next run can continue. */
export async function mendState(run: Pick<EngineRun, "files" | "environment" | "stateDir">): Promise<MendedState> {
  const { files, environment } = run;
  const nothing: MendedState = { grants: 0, creations: 0 };
  const state = await readFile(files.stateFile, "utf8").catch(() => "");
  if (!mayHoldTornGrants(state) && !mayHoldBegunCreations(state)) return nothing;
  // Secrets stay encrypted in the export; the file is still readable only by its owner.
  const file = join(files.folder, `export-${process.pid}.json`);
  const options = { cwd: files.folder, environment };
  const common = ["--stack", files.stack, "--non-interactive", "--color", "never", "--file", file];
  try {
    await writeFile(file, "", { mode: 0o600 });
    const exported = await runPulumi(["stack", "export", ...common], options);
    if (exported.exitCode !== 0) throw engineError(exported.exitCode, exported.output, environment);
    const document: unknown = JSON.parse(await readFile(file, "utf8"));
    if (!isExportedStack(document)) return nothing;
    const grants = withoutTornGrants(document);
    const creations = withoutBegunCreations(grants.stack);
    const mended: MendedState = { grants: grants.removed.length, creations: creations.removed };
    if (mended.grants + mended.creations === 0) return nothing;
    await rememberBegunTopics(run.stateDir, creations.topics);
    await writeFile(file, JSON.stringify(creations.stack));
    const imported = await runPulumi(["stack", "import", ...common], options);
    if (imported.exitCode !== 0) throw engineError(imported.exitCode, imported.output, environment);
    return mended;
  } finally {
    await rm(file, { force: true });
  }
}

async function runPulumi(
  args: readonly string[],
  options: { cwd: string; environment: NodeJS.ProcessEnv },
): Promise<{ exitCode: number; output: string }> {
  const child = spawn("pulumi", args, {
    cwd: options.cwd,
    env: options.environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const collect = (chunk: Buffer): void => {
    output = (output + chunk.toString("utf8")).slice(-OUTPUT_TAIL);
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once("error", (cause) =>
      reject(new KitError("KIT_TOOLS_MISSING", `pulumi cannot be started (${cause.message})`, { cause })),
    );
    child.once("close", (code) => resolve(code ?? 1));
  });
  return { exitCode, output: plainText(output) };
}

/**
 * Runs one operation to its end. Forwards SIGINT and similar signals, so that the engine cancels in order and its state stays
 * correct; a second signal makes it abandon operations in progress. The CLI writes to `<stateDir>/pulumi.log`, because a file
 * outlives a killed `kit` and a pipe does not.
 */
export async function runEngine(run: EngineRun): Promise<EngineOutcome> {
  const eventFile = join(run.stateDir, `events-${process.pid}.jsonl`);
  const logFile = join(run.stateDir, "pulumi.log");
  // Made beforehand so that only its owner can read it; the CLI would make it readable for all.
  await (await open(eventFile, "w", 0o600)).close();
  const log = await open(logFile, "a", 0o600);
  const logStart = (await log.stat()).size;
  const events = new EventLog(eventFile);
  let progress = INITIAL_PROGRESS;
  const readEvents = async (): Promise<void> => {
    const lines = await events.newLines();
    for (const line of lines) {
      const event = parseEvent(line);
      if (event !== undefined) progress = reduceEvent(progress, event);
    }
    if (lines.length > 0) run.onProgress(progress);
  };

  const child = spawn(
    "pulumi",
    [
      ...ARGUMENTS[run.operation],
      "--non-interactive",
      "--color",
      "never",
      "--stack",
      run.files.stack,
      "--config-file",
      run.files.configFile,
      "--parallel",
      PARALLEL,
      "--event-log",
      eventFile,
    ],
    {
      cwd: run.projectDir,
      // `--event-log` is one of the CLI's options for debugging, hidden without this.
      env: {
        ...run.environment,
        PULUMI_DEBUG_COMMANDS: "true",
        [BEGUN_TOPICS_VARIABLE]: begunTopicsFile(run.stateDir),
      },
      stdio: ["ignore", log.fd, log.fd],
      // Its own process group: a Ctrl-C at the terminal reaches it once, forwarded by this process, and not twice.
      detached: true,
    },
  );
  const { pid } = child;
  // Writes one after the other, and all before the record is removed.
  let recorded = Promise.resolve();
  const record = (cancelling: boolean): Promise<void> => {
    if (pid !== undefined)
      recorded = recorded.then(() =>
        writeRunRecord(run.stateDir, { operation: run.operation, enginePid: pid, cancelling }),
      );
    return recorded;
  };
  const watch = watchInterruptions((count) => {
    child.kill(count <= 2 ? "SIGINT" : "SIGKILL");
    void record(true).catch(() => {});
  });
  try {
    const ended = new Promise<number>((resolve, reject) => {
      child.once("error", (cause) =>
        reject(new KitError("KIT_TOOLS_MISSING", `pulumi cannot be started (${cause.message})`, { cause })),
      );
      child.once("close", (code) => resolve(code ?? 1));
    });
    await record(watch.count() > 0);
    let exitCode: number | undefined;
    while (exitCode === undefined) {
      exitCode = await Promise.race([ended, delay(READ_INTERVAL_MS, undefined)]);
      await readEvents();
    }
    await recorded.catch(() => {});
    await removeRunRecord(run.stateDir);
    const failed = failures(progress);
    if (run.operation === "up") {
      if (exitCode === 0) await forgetBegunTopics(run.stateDir);
      else await rememberBegunTopics(run.stateDir, unconfirmedTopics(failed));
    }
    // From the start of this run: an earlier run's last lines do not belong to it.
    const output = plainText((await readFile(logFile)).subarray(logStart).toString("utf8")).slice(-OUTPUT_TAIL);
    return {
      succeeded: exitCode === 0,
      cancelled: watch.count() > 0 && exitCode !== 0,
      progress,
      failures: failed,
      output,
      exitCode,
    };
  } finally {
    watch.stop();
    await events.close();
    await log.close();
    await rm(eventFile, { force: true });
    if (logStart > LOG_LIMIT_BYTES) await truncate(logFile, 0);
  }
}

/** The error of a failed run; `undefined` after success. The caller lists failures of resources; here they are counted. */
export function outcomeError(outcome: EngineOutcome, environment: NodeJS.ProcessEnv): KitError | undefined {
  if (outcome.succeeded) return undefined;
  if (outcome.cancelled) return new KitError("KIT_CANCELLED", "");
  const { failures: failed } = outcome;
  if (failed.length === 0) return engineError(outcome.exitCode, outcome.output, environment);
  const known = knownError(failed.flatMap((failure) => failure.messages).join("\n"), environment);
  if (known !== undefined) return known;
  const first = failed[0]?.what ?? "";
  if (failed[0]?.urn === "") return new KitError("KIT_ENGINE_FAILED", "The program could not declare the platform.");
  return new KitError(
    "KIT_ENGINE_FAILED",
    failed.length === 1
      ? `${first} could not be brought to what is declared.`
      : `${failed.length} resources could not be brought to what is declared, ${first} first.`,
  );
}

function engineError(exitCode: number, output: string, environment: NodeJS.ProcessEnv): KitError {
  const known = knownError(output, environment);
  if (known !== undefined) return known;
  const words = output
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-12)
    .join("\n  ");
  return new KitError("KIT_ENGINE_UNREADABLE", words === "" ? String(exitCode) : `${exitCode}:\n  ${words}\n `);
}

function knownError(text: string, environment: NodeJS.ProcessEnv): KitError | undefined {
  if (/incorrect passphrase|passphrase must be set/.test(text)) {
    const source =
      environment.PULUMI_CONFIG_PASSPHRASE === undefined
        ? (environment.PULUMI_CONFIG_PASSPHRASE_FILE ?? "")
        : "PULUMI_CONFIG_PASSPHRASE";
    return new KitError("KIT_WRONG_PASSPHRASE", source);
  }
  const locked = /created by (\S+) \(pid (\d+)\) at (\S+)/.exec(text);
  if (/currently locked by/.test(text)) {
    return new KitError(
      "KIT_PLATFORM_BUSY",
      locked === null ? "the stack is locked" : `process ${locked[2]} of ${locked[1]}, since ${locked[3]}`,
    );
  }
  return undefined;
}
