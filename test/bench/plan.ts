/**
 * How long it takes to check, compare, apply and audit many topics: `kit check` and `kit diff` on generated trees, the
 * engine and `kit drift` on one Kafka node. Run by `kit bench plan`.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Admin } from "@platformatic/kafka";
import { loadBefore, thisMachine } from "../../cli/bench/machine.ts";
import type { Measured } from "../../cli/bench/program.ts";
import { runBenchmarkProgram } from "../../cli/bench/program.ts";
import type { CommandContext } from "../../cli/context.ts";
import { KitError } from "../../cli/errors.ts";
import { renderTable } from "../../cli/terminal/output.ts";
import { progressReporter } from "../../cli/terminal/progress.ts";
import { formatBytes, formatElapsed, parseQuantity } from "../../cli/terminal/quantities.ts";
import { loadModel } from "../../components/model/load.ts";
import { expectRead } from "../../components/model/read.ts";
import { planPlatform } from "../../components/plan/plan.ts";
import { startKafka } from "../saga/servers/kafka.ts";
import { openTopicStack, plainTopic } from "../topic-stack/stack.ts";
import { generatedName, generatedProject, writeTopics } from "./plan/generated-project.ts";
import { timedKit } from "./plan/timed-command.ts";

/** One measured figure. */
interface Figure {
  readonly name: string;
  readonly topics: number;
  readonly elapsedMs: number;
  readonly peakBytes?: number;
  /** Target in ms; shown beside the figure, never judged. */
  readonly target?: number;
}

/**
 * The benchmark configures the node itself: see docs/decisions/apply.md. The node's clean-up of files must not run into
 * thousands of topics.
 */
const NODE_SETTINGS = { "controller.quorum.append.linger.ms": "0" };
const CHANGED = 10;
const VISIBLE_LIMIT_MS = 300_000;
/** Enough for 10,000 topics: with 256 MB such a node spends its time on garbage collection. */
const DRIFT_HEAP_MB = 1_024;
const TOPICS_PER_REQUEST = 500;

type Step = <T>(title: string, work: () => Promise<T>) => Promise<T>;

async function readTrees(
  sizes: readonly number[],
  stateDir: string,
  signal: AbortSignal,
  step: Step,
): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const topics of sizes) {
    const size = { topics, files: Math.min(200, topics) };
    const [base, head] = await Promise.all([generatedProject(size), generatedProject(size)]);
    try {
      await writeTopics(head.dir, size, CHANGED);
      const target = topics === 10_000;
      const check = await step(`kit check, ${topics} topics`, () =>
        timedKit(base.dir, stateDir, ["check", "--stack", "local", "--json"], signal),
      );
      figures.push({
        name: "check",
        topics,
        elapsedMs: check.elapsedMs,
        ...memory(check),
        ...(target ? { target: 3_000 } : {}),
      });
      const diff = await step(`kit diff, ${topics} topics, ${CHANGED} changed`, () =>
        timedKit(head.dir, stateDir, ["diff", "--base", base.dir, "--stack", "local", "--json"], signal),
      );
      figures.push({
        name: `diff, ${CHANGED} changed`,
        topics,
        elapsedMs: diff.elapsedMs,
        ...memory(diff),
        ...(target ? { target: 3_000 } : {}),
      });
    } finally {
      await Promise.all([base.remove(), head.remove()]);
    }
  }
  return figures;
}

function memory({ peakBytes }: { readonly peakBytes: number | null }): { peakBytes?: number } {
  return peakBytes === null ? {} : { peakBytes };
}

async function applyTopics(topics: number, baseline: boolean, signal: AbortSignal, step: Step): Promise<Figure[]> {
  const figures: Figure[] = [];
  const names = Array.from({ length: topics }, (_, place) => generatedName(place));
  const declaration = (changed: number) =>
    names.map((name, place) =>
      plainTopic(name, place < changed ? { config: { "cleanup.policy": "delete", "retention.ms": "172800000" } } : {}),
    );
  const kafka = await startKafka(NODE_SETTINGS);
  try {
    const stack = await openTopicStack(kafka.bootstrap);
    const run = async (name: string, operation: string, target?: number, flags?: readonly string[]): Promise<void> => {
      if (signal.aborted) throw new KitError("KIT_CANCELLED", "benchmark");
      const result = await step(`${name}, ${topics} topics`, () =>
        stack.pulumi([operation], flags === undefined ? {} : { flags }),
      );
      if (result.code !== 0)
        throw new KitError("KIT_BENCH_FAILED", `pulumi ${operation}: ${result.text.slice(-2_000)}`);
      figures.push({
        name,
        topics,
        elapsedMs: result.elapsedMs,
        ...(target === undefined || topics !== 1_000 ? {} : { target }),
      });
    };
    try {
      await stack.declare(declaration(0));
      await run("up, nothing there", "up", 25_000);
      await run("up, nothing changed", "up", 8_000);
      await stack.declare(declaration(CHANGED));
      await run(`up, ${CHANGED} changed`, "up");
      await run("destroy", "destroy");
      if (baseline) {
        await stack.declare(declaration(0));
        await run("up, nothing there, the engine's own parallelism", "up", undefined, []);
        await run("destroy, the engine's own parallelism", "destroy", undefined, []);
      }
    } finally {
      await stack.remove();
    }
  } finally {
    await kafka.stop();
  }
  return figures;
}

async function driftOfTopics(
  sizes: readonly number[],
  stateDir: string,
  signal: AbortSignal,
  step: Step,
): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const topics of sizes) {
    const kafka = await startKafka(NODE_SETTINGS, { heapMb: DRIFT_HEAP_MB });
    const admin = new Admin({
      clientId: "bench",
      bootstrapBrokers: [kafka.bootstrap],
      retries: 3,
      requestTimeout: VISIBLE_LIMIT_MS,
      timeout: VISIBLE_LIMIT_MS,
    });
    const project = await generatedProject({ topics, files: Math.min(200, topics) });
    try {
      await step(`${topics} topics made`, () => createDeclared(project.dir, admin, topics));
      const look = () =>
        step(`kit drift, ${topics} topics`, () =>
          timedKit(project.dir, stateDir, ["drift", "--bootstrap", kafka.bootstrap, "--plaintext", "--json"], signal),
        );
      // In the first run the node's code is not compiled yet, and the clone's code is not in Node's compile cache.
      const first = await look();
      figures.push({ name: "drift, first of node and clone", topics, elapsedMs: first.elapsedMs, ...memory(first) });
      const again = [await look(), await look(), await look()].sort((a, b) => a.elapsedMs - b.elapsedMs);
      const middle = again[1] ?? first;
      figures.push({
        name: "drift, median of three more",
        topics,
        elapsedMs: middle.elapsedMs,
        ...memory(middle),
        ...(topics === 1_000 ? { target: 1_500 } : topics === 10_000 ? { target: 5_000 } : {}),
      });
    } finally {
      await admin.close();
      await kafka.stop();
      await project.remove();
    }
  }
  return figures;
}

/**
 * Makes the topics that the project declares, each with one partition: the node is small, and partitions do not affect the
 * measurement.
 */
async function createDeclared(projectDir: string, admin: Admin, topics: number): Promise<void> {
  const { model, stack } = expectRead(await loadModel(projectDir, "local"));
  const planned = planPlatform(model, stack).topics.filter(({ kind }) => kind === "event");
  const configs = Object.entries(planned[0]?.config ?? {}).map(([name, value]) => ({ name, value }));
  for (let start = 0; start < planned.length; start += TOPICS_PER_REQUEST) {
    await admin.createTopics({
      topics: planned.slice(start, start + TOPICS_PER_REQUEST).map(({ name }) => name),
      partitions: 1,
      replicas: 1,
      configs,
    });
  }
  const limit = performance.now() + VISIBLE_LIMIT_MS;
  while ((await admin.listTopics()).length < topics) {
    if (performance.now() > limit)
      throw new KitError(
        "KIT_BENCH_FAILED",
        `the node did not show ${topics} topics within ${formatElapsed(VISIBLE_LIMIT_MS)}`,
      );
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

async function run(
  context: CommandContext,
  options: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<Measured> {
  const numbers = (name: string): number[] =>
    String(options[name])
      .split(",")
      .filter((part) => part !== "" && part !== "0")
      .map(parseQuantity);
  const [machine, load] = [thisMachine(), loadBefore()];
  const reporter = progressReporter(context);
  const step: Step = (title, work) => reporter.step(title, work);
  const folder = await mkdtemp(join(tmpdir(), "kit-bench-plan-"));
  const stateDir = join(folder, "state");
  await mkdir(stateDir);
  try {
    const results: Figure[] = [];
    results.push(...(await readTrees(numbers("topics"), stateDir, signal, step)));
    for (const topics of numbers("apply"))
      results.push(...(await applyTopics(topics, options.baseline === true, signal, step)));
    results.push(...(await driftOfTopics(numbers("drift"), stateDir, signal, step)));
    return {
      document: { name: "plan", machine, load: { oneMinuteBefore: load }, results },
      text: table(results),
      files: new Map(),
      good: true,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function table(figures: readonly Figure[]): string {
  return renderTable(
    [
      { title: "what" },
      { title: "topics", align: "right" },
      { title: "time", align: "right" },
      { title: "per topic", align: "right" },
      { title: "memory", align: "right" },
      { title: "aim", align: "right" },
    ],
    figures.map(({ name, topics, elapsedMs, peakBytes, target }) => [
      name,
      String(topics),
      formatElapsed(elapsedMs),
      `${(elapsedMs / topics).toFixed(2)} ms`,
      peakBytes === undefined ? "" : formatBytes(peakBytes),
      target === undefined ? "" : formatElapsed(target),
    ]),
  );
}

await runBenchmarkProgram({
  name: "plan",
  summary: "Checks, compares, applies and audits many topics: files alone, then one Kafka node.",
  configure: (command) =>
    command
      .option("--topics <n,…>", "sizes of the trees for check and diff; 0 leaves them out", "100,1000,10000")
      .option("--apply <n,…>", "numbers of topics to apply; 0 leaves it out", "1000")
      .option("--drift <n,…>", "numbers of topics to audit; 0 leaves it out", "1000,10000")
      .option("--baseline", "also apply with the engine's own parallelism"),
  examples: ["npx kit bench plan", "npx kit bench plan --topics 0 --apply 1000 --drift 0 --baseline"],
  run,
});
