/**
 * Measures the local platform: the time from nothing to the first confirmed order, the time of an unchanged `up` and of a stop,
 * and the memory. Prints a table, writes JSON. Run by `kit bench up`. Uses its own state directory and ports.
 */
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { cpus, loadavg, platform, release, tmpdir, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { KitError } from "../../cli/errors.ts";
import { renderTable } from "../../cli/terminal/output.ts";
import { formatBytes, formatElapsed } from "../../cli/terminal/quantities.ts";

/** One measured figure. */
interface Measurement {
  readonly name: string;
  readonly value: number;
  readonly unit: "ms" | "bytes";
  /** Target; shown beside the measurement, never judged. */
  readonly target?: number;
}

interface StatusProcess {
  readonly name: string;
  readonly role: string;
  readonly startedAt: string | null;
}

const PORT_BASE = process.env.KIT_BENCH_PORT_BASE ?? "27000";
/** Odd, so that there is a median run. */
const UNCHANGED_RUNS = 3;
const COMMAND_LIMIT_MS = 10 * 60_000;

const main = join(import.meta.dirname, "..", "..", "cli", "main.mjs");

/** Runs `kit` with `--json`; returns its document and its duration. */
async function kit(stateDir: string, ...args: string[]): Promise<{ document: unknown; elapsedMs: number }> {
  const started = performance.now();
  process.stderr.write(`kit ${args.join(" ")} … `);
  const document = await new Promise<unknown>((resolve, reject) => {
    execFile(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", main, ...args, "--json"],
      {
        env: { ...process.env, KIT_STATE_DIR: stateDir, KIT_PORT_BASE: PORT_BASE, KIT_OBSERVABILITY: "metrics" },
        timeout: COMMAND_LIMIT_MS,
        maxBuffer: 16 * 1024 ** 2,
      },
      (error, stdout, stderr) => {
        if (error !== null)
          reject(new KitError("KIT_BENCH_FAILED", `kit ${args.join(" ")}\n${stderr}`, { cause: error }));
        else resolve(JSON.parse(stdout));
      },
    );
  });
  const elapsedMs = performance.now() - started;
  process.stderr.write(`${formatElapsed(elapsedMs)}\n`);
  return { document, elapsedMs };
}

function isStatus(value: unknown): value is { processes: readonly StatusProcess[]; rssBytes: number } {
  return (
    typeof value === "object" &&
    value !== null &&
    "processes" in value &&
    Array.isArray(value.processes) &&
    "rssBytes" in value
  );
}

async function status(stateDir: string): Promise<{ processes: readonly StatusProcess[]; rssBytes: number }> {
  const { document } = await kit(stateDir, "status");
  if (!isStatus(document)) throw new KitError("KIT_BENCH_FAILED", "kit status gave no status document");
  return document;
}

/**
 * From the first start of a Kafka node to the last one's readiness. A run record is written for the last time
 * when its process was seen ready, so its time of change is that moment; true only right after the first `up`.
 */
async function kafkaStartMs(stateDir: string, processes: readonly StatusProcess[]): Promise<number> {
  const nodes = processes.filter((process) => process.role === "controller" || process.role === "broker");
  const starts = nodes.map((process) => Date.parse(process.startedAt ?? ""));
  const ready = await Promise.all(
    nodes.map(async (process) => (await stat(join(stateDir, "local", "run", `${process.name}.json`))).mtimeMs),
  );
  return Math.max(...ready) - Math.min(...starts);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function measure(stateDir: string): Promise<readonly Measurement[]> {
  const first = await kit(stateDir, "up");
  const order = await kit(stateDir, "order");
  const after = await status(stateDir);
  const kafka = await kafkaStartMs(stateDir, after.processes);
  const unchanged: number[] = [];
  for (let run = 0; run < UNCHANGED_RUNS; run += 1) unchanged.push((await kit(stateDir, "up")).elapsedMs);
  const { rssBytes } = await status(stateDir);
  const down = await kit(stateDir, "down");
  const again = await kit(stateDir, "up");
  const secondDown = await kit(stateDir, "down");
  return [
    { name: "controllers and brokers ready", value: kafka, unit: "ms", target: 10_000 },
    { name: "up from an empty state", value: first.elapsedMs, unit: "ms" },
    {
      name: "up from an empty state to the first confirmed order",
      value: first.elapsedMs + order.elapsedMs,
      unit: "ms",
      target: 60_000,
    },
    {
      name: `up with nothing changed (median of ${UNCHANGED_RUNS})`,
      value: median(unchanged),
      unit: "ms",
      target: 5_000,
    },
    { name: "down", value: Math.max(down.elapsedMs, secondDown.elapsedMs), unit: "ms", target: 10_000 },
    { name: "up after down, with data", value: again.elapsedMs, unit: "ms" },
    { name: "resident memory of all processes", value: rssBytes, unit: "bytes", target: 4 * 1024 ** 3 },
  ];
}

const { values } = parseArgs({ options: { out: { type: "string" }, json: { type: "boolean", default: false } } });
const folder = await mkdtemp(join(tmpdir(), "kit-bench-"));
// PostgreSQL runs as an unprivileged user, who needs access to the parent folders.
await chmod(folder, 0o755);
const stateDir = join(folder, "state");
const load = loadavg()[0] ?? 0;
try {
  const measurements = await measure(stateDir);
  const results = measurements.map((measurement) => ({ ...measurement, value: Math.round(measurement.value) }));
  const [cpu] = cpus();
  const document = {
    name: "up",
    machine: {
      cpus: cpus().length,
      cpu: cpu?.model ?? "",
      memoryBytes: totalmem(),
      system: `${platform()} ${release()}`,
      node: process.version,
    },
    load: { beforeOneMinute: load, runs: UNCHANGED_RUNS },
    results,
  };
  const show = (value: number | undefined, unit: Measurement["unit"]): string =>
    value === undefined ? "" : unit === "ms" ? formatElapsed(value) : formatBytes(value);
  const table = renderTable(
    [{ title: "MEASURED" }, { title: "VALUE", align: "right" }, { title: "AIM", align: "right" }],
    results.map((result) => [result.name, show(result.value, result.unit), show(result.target, result.unit)]),
  );
  if (values.json) process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  else process.stdout.write(`${table}\n`);
  if (values.out !== undefined) {
    await mkdir(dirname(values.out), { recursive: true });
    await writeFile(values.out, `${JSON.stringify(document, null, 2)}\n`);
    process.stderr.write(`written to ${values.out}\n`);
  }
} catch (error) {
  if (!(error instanceof KitError)) throw error;
  process.stderr.write(`error ${error.code}: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  // Removes only records of processes that have ended: without its record, a remaining process could not be found again.
  const ended = await kit(stateDir, "down", "--delete-data").then(
    () => true,
    () => false,
  );
  if (ended) await rm(folder, { recursive: true, force: true });
  else
    process.stderr.write(
      `What is left stands in ${stateDir}; end it with: KIT_STATE_DIR=${stateDir} npx kit down --delete-data\n`,
    );
}
