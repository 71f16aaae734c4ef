/** One run: load, scheduled faults, healing, verification. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CommandContext } from "../context.ts";
import { KitError } from "../errors.ts";
import type { LoadDefinition } from "../load/definition.ts";
import { loadTarget } from "../load/load-target.ts";
import type { LoadResult } from "../load/open-loop.ts";
import { runOpenLoop } from "../load/open-loop.ts";
import { openPlatform } from "../platform/platform-access.ts";
import { observePlatform, readDeclaredStatus, substrateFolder } from "../platform/platform-status.ts";
import { locateStack } from "../pulumi/stack.ts";
import { watchInterruptions } from "../terminal/interruption.ts";
import { progressReporter } from "../terminal/progress.ts";
import { verifyPlatform } from "../verify/verify-platform.ts";
import type { InjectedRecord, Witness, WitnessedFault } from "../witness.ts";
import { clusterView } from "./cluster-view.ts";
import { declaredProcess } from "./declared-processes.ts";
import type { ChaosDefinition } from "./definition.ts";
import { perform } from "./faults/index.ts";
import type { Hands } from "./hands.ts";
import { chaosHands } from "./hands.ts";
import { describeInjection } from "./injections.ts";
import { discardInjected } from "./leftovers.ts";
import { latencies, recoveryFrom } from "./recovery.ts";
import type { ChaosOutcome, ChaosReport, TimelineEntry } from "./report-document.ts";
import type { Scenario, Schedule } from "./schedule.ts";
import { planChaos, TAIL_MS } from "./schedule.ts";
import type { Site } from "./site.ts";
import { lookFor } from "./site.ts";
import { exposedService, readContracts, surveyTerrain } from "./terrain.ts";
import { undoLeftovers } from "./undo.ts";

/** A requested run. */
export interface ChaosOptions {
  readonly scenario: Scenario;
  /** The project's load, and its additions to the faults. */
  readonly load: LoadDefinition;
  readonly project: ChaosDefinition;
  readonly seed: number;
  readonly ratePerSecond: number;
  /** Minimum duration of the load, in milliseconds. @default what the scenario needs */
  readonly durationMs?: number;
}

/** Longest run that the load is prepared for; healing a large outage on a busy machine takes minutes. */
const LONGEST_MS = 15 * 60_000;
const REQUEST_LIMIT_MS = 10_000;
/** Behaviour of a careful client: it retries with the same key until it knows the outcome. */
const REPETITION = { everyMs: 1_000, limitMs: 180_000 } as const;
const SETTLE_MS = 180_000;
const IN_STEP_LIMIT_MS = 180_000;

/**
 * Runs a scenario on the running platform and always restores the platform.
 * @throws KitError `KIT_PLATFORM_NOT_RUNNING`, `KIT_USAGE` (duration too short), `KIT_CHAOS_FAILED`, `KIT_CANCELLED`, and the
 * errors of verification.
 */
export async function runChaos(context: CommandContext, options: ChaosOptions): Promise<ChaosReport> {
  const started = context.now();
  const { load, project } = options;
  const reporter = progressReporter(context);
  const hands = await handsOn(context);
  const leftFrozen = await hands.frozen();
  // Leftovers of a run that was itself killed.
  if (leftFrozen.length > 0) await hands.thaw(leftFrozen);
  await requireRunning(context);
  const access = await openPlatform(context);
  try {
    if ((await undoLeftovers(access, context.stateDir)) > 0)
      context.stderr.write("Undone what a run left that was killed\n");
    const cluster = clusterView(access.kafka);
    const processes = await hands.processes();
    const services = Object.keys(access.status.endpoints.services ?? {});
    const contracts = await readContracts(
      substrateFolder(context.stateDir),
      surveyTerrain(processes, [], services).instances,
    );
    const terrain = surveyTerrain(processes, contracts, services, exposedService(access.status.endpoints));
    const schedule = scheduleOf(options, terrain);
    const folder = await runFolder(context, schedule, started);
    context.stderr.write(`Scenario ${schedule.scenario}, seed ${schedule.seed}, ${options.ratePerSecond} orders/s\n`);
    for (const injection of schedule.injections)
      context.stderr.write(
        `  at ${(injection.atMs / 1_000).toFixed(1)} s: ${describeInjection(injection, project.faults)}\n`,
      );

    const ending = new AbortController();
    const timeline: TimelineEntry[] = [];
    const injected: InjectedRecord[] = [];
    const clock = { startedAt: context.now() };
    const note = (text: string): void => {
      const atMs = Math.round(context.now() - clock.startedAt);
      timeline.push({ atMs, text });
      context.stderr.write(`  ${(atMs / 1_000).toFixed(1).padStart(6)} s  ${text}\n`);
    };
    const { tokenFor } = await loadTarget(context, load);
    const site: Site = {
      access,
      hands,
      cluster,
      terrain,
      contracts,
      stateDir: context.stateDir,
      tokenFor,
      now: context.now,
      note,
      signal: ending.signal,
      injected: (record) => injected.push(record),
      ...(project.frontDoor === undefined ? {} : { frontDoor: project.frontDoor }),
    };
    const watch = watchInterruptions((count) => {
      context.stderr.write(
        count === 1 ? "Interrupted: everything is healed first, then this ends\n" : "Still healing\n",
      );
      ending.abort(
        new KitError("KIT_CANCELLED", "everything is healed", {
          fix: `Run it again with --seed ${schedule.seed} for the same schedule.`,
        }),
      );
    });
    try {
      const work = await reporter.step(`Load and ${schedule.scenario}`, async () => {
        try {
          await awaitReplicated(site);
          await load.prepare(access, { ratePerSecond: options.ratePerSecond, durationMs: LONGEST_MS });
          clock.startedAt = context.now();
          return await loadWithFaults(context, site, ending, schedule, options);
        } finally {
          await healEverything(hands, context);
        }
      });
      ending.signal.throwIfAborted();
      const replicated = await reporter.step("All replicas in step", () => awaitReplicated(site));
      const first = Math.min(...work.faults.map(({ startedAt }) => startedAt));
      const witness: Witness = { orders: work.load.orders, injected, faults: work.faults };
      await writeFile(join(folder, "witness.json"), `${JSON.stringify(witness, null, 1)}\n`);
      const verify = await verifyPlatform(context, { witness, settleMs: SETTLE_MS });
      // After a violation everything stays unchanged for the investigation.
      const discardedDeadLetters = verify.holds ? await discardInjected(access, injected, schedule) : 0;
      const ends = await load.ends(
        access,
        work.load.orders.flatMap(({ orderId }) => orderId ?? []),
      );
      const lastDue = Math.max(...work.load.orders.map(({ dueAt }) => dueAt));
      const count = (outcome: string): number => work.load.orders.filter((order) => order.outcome === outcome).length;
      const demands = [
        {
          what: "orders that were not taken in the end",
          seen: String(work.load.due - count("accepted")),
          met: work.load.due === count("accepted"),
        },
        ...load.judgeEnds(ends),
        ...work.faults.flatMap((fault) => fault.demands ?? []),
      ];
      const report: ChaosReport = {
        scenario: schedule.scenario,
        seed: schedule.seed,
        outcome: outcomeOf({
          felt: work.faults.every(({ felt }) => felt),
          kept: verify.holds && demands.every(({ met }) => met),
        }),
        startedAt: new Date(started).toISOString(),
        plannedMs: schedule.durationMs,
        elapsedMs: Math.round(context.now() - started),
        load: {
          ratePerSecond: options.ratePerSecond,
          due: work.load.due,
          unsent: work.load.unsent,
          accepted: count("accepted"),
          refused: count("refused"),
          unknown: count("unknown"),
          repetitions: work.load.repetitions,
          failures: work.load.failures,
        },
        schedule,
        faults: work.faults.map((fault) => ({
          ...fault,
          recovery: recoveryFrom(fault, work.load.orders, ends, lastDue),
        })),
        demands,
        replicatedAgainMs: Math.round(replicated - first),
        latency: latencies(work.faults, work.load.orders, ends),
        orders: {
          confirmed: ends.filter(({ status }) => status === "confirmed").length,
          cancelled: ends.filter(({ status }) => status === "cancelled").length,
          open: count("accepted") - ends.length,
        },
        injected: { records: injected.length, discardedLetters: discardedDeadLetters },
        verify,
        timeline,
        folder,
      };
      await writeFile(join(folder, "report.json"), `${JSON.stringify(report, null, 2)}\n`);
      // Ctrl-C during verification: the report is kept, and no further scenario begins.
      ending.signal.throwIfAborted();
      return report;
    } finally {
      watch.stop();
    }
  } finally {
    await access.close();
  }
}

/** A fault without effect makes the run void, unless an invariant is violated anyway. */
function outcomeOf({ felt, kept }: { readonly felt: boolean; readonly kept: boolean }): ChaosOutcome {
  if (!kept) return "violated";
  return felt ? "clean" : "void";
}

async function handsOn(context: CommandContext): Promise<Hands> {
  const declared = await readDeclaredStatus(context.stateDir);
  if (declared === undefined) throw new KitError("KIT_PLATFORM_NOT_RUNNING", "it was never brought up");
  const { stateFile } = await locateStack({
    projectDir: context.projectDir,
    stateDir: context.stateDir,
    stack: declared.stack,
  });
  return chaosHands({
    folder: substrateFolder(context.stateDir),
    specificationOf: (name) => declaredProcess(stateFile, name),
    async bringUp() {
      const { bringUp } = await import("../platform/bring-up.ts");
      await bringUp(context, declared.stack);
    },
  });
}

async function requireRunning(context: CommandContext): Promise<void> {
  const { state, processes } = await observePlatform(context.stateDir, "local");
  if (state === "running") return;
  const missing = processes.filter((process) => process.state !== "running").map(({ name }) => name);
  throw new KitError("KIT_PLATFORM_NOT_RUNNING", missing.length === 0 ? state : `${missing.join(", ")} missing`);
}

function scheduleOf(options: ChaosOptions, terrain: Site["terrain"]): Schedule {
  try {
    return planChaos(options.scenario, { seed: options.seed, durationMs: options.durationMs, terrain });
  } catch (cause) {
    if (cause instanceof RangeError) throw new KitError("KIT_USAGE", `${cause.message}.`, { cause });
    throw cause;
  }
}

/** Makes the run's folder and writes its schedule before anything happens. */
async function runFolder(context: CommandContext, schedule: Schedule, startedAt: number): Promise<string> {
  const time = new Date(startedAt).toISOString().replaceAll(/[-:]/g, "").replace(/\.\d+/, "");
  const folder = join(context.stateDir, "chaos", `${time}-${schedule.scenario}-${schedule.seed}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, "schedule.json"), `${JSON.stringify(schedule, null, 2)}\n`);
  return folder;
}

interface Work {
  readonly load: LoadResult;
  readonly faults: readonly WitnessedFault[];
}

/** The load runs from before the first fault until some time after the last is healed. */
async function loadWithFaults(
  context: CommandContext,
  site: Site,
  ending: AbortController,
  schedule: Schedule,
  { load: definition, project, ratePerSecond }: Pick<ChaosOptions, "load" | "project" | "ratePerSecond">,
): Promise<Work> {
  const startedAt = site.now();
  const stopLoad = new AbortController();
  const load = runOpenLoop(
    await loadTarget(context, definition),
    {
      ratePerSecond,
      durationMs: LONGEST_MS,
      seed: schedule.seed,
      timeoutMs: REQUEST_LIMIT_MS,
      retry: REPETITION,
      order: definition.orders({ seed: schedule.seed, ratePerSecond, customerPrefix: "chaos-customer" }),
    },
    { signal: AbortSignal.any([stopLoad.signal, ending.signal]) },
  );
  // The first failure ends the others; they heal their faults before they end.
  const guarded = async <T>(work: Promise<T>): Promise<T> =>
    await work.catch((error: unknown) => {
      if (!ending.signal.aborted) ending.abort(error);
      throw error;
    });
  const faults = (async () => {
    const done = await Promise.allSettled(
      schedule.injections.map((injection) => guarded(perform(site, injection, startedAt + injection.atMs, project))),
    );
    if (!ending.signal.aborted) {
      const lastHealed = Math.max(site.now(), startedAt + schedule.durationMs - TAIL_MS);
      await lookFor(
        site,
        async () => (site.now() >= lastHealed + TAIL_MS ? true : undefined),
        lastHealed + TAIL_MS - site.now(),
      );
      site.note("load ends");
    }
    stopLoad.abort();
    return done;
  })();
  const [loaded, performed] = await Promise.all([
    guarded(load).then(
      (value) => ({ value }),
      () => undefined,
    ),
    faults,
  ]);
  ending.signal.throwIfAborted();
  if (loaded === undefined) throw new KitError("KIT_CHAOS_FAILED", "the load ended without a result");
  return {
    load: loaded.value,
    faults: performed.flatMap((result) => (result.status === "fulfilled" ? [result.value] : [])),
  };
}

/** After every fault: no process stays stopped or dead. */
async function healEverything(hands: Hands, context: CommandContext): Promise<void> {
  const frozen = await hands.frozen();
  if (frozen.length > 0) await hands.thaw(frozen);
  const away = (await hands.processes()).filter(({ state }) => state !== "running").map(({ name }) => name);
  if (away.length === 0) return;
  context.stderr.write(`  starting ${away.join(", ")} again\n`);
  await hands.revive(away);
}

/** @returns when no partition lacked a replica. */
async function awaitReplicated(site: Site): Promise<number> {
  const at = await lookFor(
    site,
    async () => ((await site.cluster.partitions()).underReplicated === 0 ? site.now() : undefined),
    IN_STEP_LIMIT_MS,
  );
  site.signal.throwIfAborted();
  if (at === undefined)
    throw new KitError("KIT_CHAOS_FAILED", `partitions lack replicas for more than ${IN_STEP_LIMIT_MS / 1_000} s`);
  return at;
}
