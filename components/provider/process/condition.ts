/** Determines the condition of a process from its record, from what it wrote about itself, and from the kernel. */
import { bootId, type ProcessFacts, readFacts, sessionMembers } from "../../machine/process-identity.ts";
import { type ProcessPaths, type RecordedIdentity, type RunRecord, readIdentity, readRecord } from "./record.ts";

/**
 * Condition of a process:
 * - `absent`: it has no record
 * - `starting`: it is alive, and not known to be ready
 * - `running`: it is alive, and was ready
 * - `dead`: it has a record, and is not alive
 * - `foreign`: it has a record, and its id now belongs to another process, which must not be touched
 */
export type ConditionState = "absent" | "starting" | "running" | "dead" | "foreign";

/** Determines the condition. Pure. */
export function assess(
  record: RunRecord | undefined,
  identity: RecordedIdentity | undefined,
  facts: ProcessFacts | undefined,
  boot: string,
): ConditionState {
  if (record === undefined) return "absent";
  if (identity === undefined || facts === undefined || facts.zombie) return "dead";
  if (record.bootId !== boot || facts.pid !== identity.pid || facts.startTime !== identity.startTime) return "foreign";
  return record.phase === "ready" ? "running" : "starting";
}

/** The condition of a process with its evidence. */
export interface Condition {
  readonly state: ConditionState;
  readonly record?: RunRecord;
  readonly identity?: RecordedIdentity;
  /** Other members of its session that are still alive after its death. */
  readonly survivors: readonly ProcessFacts[];
}

/** Returns whether the process is alive and belongs to the platform. */
export function isAlive(
  condition: Condition,
): condition is Condition & { identity: RecordedIdentity; record: RunRecord } {
  return condition.state === "running" || condition.state === "starting";
}

/** Reads the condition of a process. */
export async function inspect(paths: ProcessPaths): Promise<Condition> {
  const record = await readRecord(paths);
  const identity = record && (await readIdentity(paths, record.nonce));
  const facts = identity && (await readFacts(identity.pid));
  const boot = bootId();
  const state = assess(record, identity, facts, boot);
  // While a member of the session is alive, the kernel does not reuse the session's number. If a foreign process has
  // the number, the session has ended.
  const orphaned = state === "dead" && identity !== undefined && record?.bootId === boot;
  return {
    state,
    ...(record && { record }),
    ...(identity && { identity }),
    survivors: orphaned ? await sessionMembers(identity.pid) : [],
  };
}
