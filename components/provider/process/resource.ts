/** `kit:index:Process`: a supervised process as a resource. */
import { rm } from "node:fs/promises";
import { reasonOf } from "../../machine/coded-error.ts";
import { fileDrift, modeBits } from "../files/declared-file.ts";
import { inputChanges } from "../property-diff.ts";
import { type PropertyChange, type ResourceKind, Unfinished } from "../resource-kind.ts";
import { failuresOf } from "../validation.ts";
import { hasUnknown, type Values } from "../values.ts";
import { type Condition, inspect } from "./condition.ts";
import { pathsOf } from "./record.ts";
import { type ProcessSpecification, processSchema, specificationDigest } from "./specification.ts";
import { ensureProcess, removeProcess } from "./supervisor.ts";

/** Returns the difference between a process and the state; undefined if there is none. Pure. */
export function complaint(condition: Condition, recorded: { pid: number; specification: string }): string | undefined {
  const was = `pid ${recorded.pid}`;
  switch (condition.state) {
    case "absent":
      return recorded.pid === 0 ? "it was not running" : `it was stopped (${was})`;
    case "dead":
      return `it has died (pid ${condition.identity?.pid ?? recorded.pid})`;
    case "foreign":
      return `it has died, and ${was} belongs to another program now`;
    case "starting":
      return "its start was interrupted";
    case "running":
      if (condition.record?.specification !== recorded.specification)
        return "it runs with another specification than the one on record";
      return condition.identity?.pid === recorded.pid
        ? undefined
        : `it was restarted meanwhile (pid ${condition.identity?.pid ?? 0})`;
  }
}

async function run(wanted: ProcessSpecification, note: (message: string) => void): Promise<Values> {
  try {
    const { pid, startedAt, logFile, specification } = await ensureProcess(wanted, { onProgress: note });
    return { pid, startedAt, logFile, specification };
  } catch (error) {
    const logFile = pathsOf(wanted.stateDir, wanted.name).log;
    // Files and data may already exist, so the engine must keep the resource to remove them later.
    throw new Unfinished(
      wanted.name,
      { pid: 0, startedAt: "", logFile, specification: specificationDigest(wanted) },
      error instanceof Error ? error : new Error(reasonOf(error)),
    );
  }
}

function recordedOf(state: Values): { pid: number; specification: string } {
  return { pid: Number(state.pid ?? 0), specification: String(state.specification ?? "") };
}

/** `kit:index:Process`. */
export const processKind: ResourceKind = {
  computedOutputs: ["pid", "startedAt", "logFile", "specification"],
  stableOutputs: ["logFile"],

  async check({ news }) {
    return failuresOf(processSchema, news);
  },

  async diff({ id, olds, news, state, note }) {
    const changes: PropertyChange[] = inputChanges(olds, news, { replacing: ["name", "stateDir"] });
    if (changes.some(({ replaces }) => replaces)) return { changes, deleteBeforeReplace: true };
    const before = processSchema.parse(olds);
    const condition = await inspect(pathsOf(before.stateDir, before.name));
    const problem = complaint(condition, recordedOf(state));
    if (problem !== undefined) {
      // A process that `kit down` stopped is no reason for a warning.
      note(`process ${id}: ${problem}; it is brought back`, condition.state === "absent" ? "info" : "warning");
      changes.push({ path: "pid", change: "update", side: "output" });
    } else if (changes.length === 0 && !hasUnknown(news)) {
      for (const [index, { path, content, mode }] of processSchema.parse(news).files.entries()) {
        const drift = await fileDrift(path, content, modeBits(mode));
        if (drift === "none") continue;
        note(`process ${id}: ${path} is ${drift === "missing" ? "missing" : "changed"} and is mended`, "warning");
        changes.push({
          path: `files[${index}].${drift === "mode" ? "mode" : "content"}`,
          change: "update",
          side: "output",
        });
      }
    }
    return { changes };
  },

  async create({ inputs, note }) {
    const wanted = processSchema.parse(inputs);
    return { id: wanted.name, computed: await run(wanted, note) };
  },

  async read({ state }) {
    const parsed = processSchema.safeParse(state);
    if (!parsed.success) return undefined;
    const condition = await inspect(pathsOf(parsed.data.stateDir, parsed.data.name));
    // A dead or absent process stays in the state with pid 0. The next `up` then restarts it with its data.
    if (condition.state !== "running") return { pid: 0 };
    return {
      pid: condition.identity?.pid ?? 0,
      startedAt: condition.record?.startedAt ?? "",
      specification: condition.record?.specification ?? "",
    };
  },

  async update({ inputs, olds, note }) {
    const wanted = processSchema.parse(inputs);
    const computed = await run(wanted, note);
    // Files that were removed from the program are deleted. A data folder that was removed stays, because a change of
    // the program alone must not lose data.
    const wantedPaths = new Set(wanted.files.map(({ path }) => path));
    for (const { path } of processSchema.parse(olds).files) if (!wantedPaths.has(path)) await rm(path, { force: true });
    return computed;
  },

  async delete({ inputs, state }) {
    const parsed = processSchema.safeParse(inputs);
    await removeProcess(parsed.success ? parsed.data : processSchema.parse(state));
  },
};
