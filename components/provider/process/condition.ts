/** In which condition is a process? From its record, what it wrote about itself, and the kernel. */
import { bootId, type ProcessFacts, readFacts, sessionMembers } from "../../machine/process-identity.ts";
import { type ProcessPaths, type RecordedIdentity, type RunRecord, readIdentity, readRecord } from "./record.ts";

/**
 * - `absent`: no record
 * - `starting`: alive, and not known to be ready
 * - `running`: alive, and was ready
 * - `dead`: on record, and not alive
 * - `foreign`: on record, and its id belongs to another process now, which must not be touched
 */
export type ConditionState = "absent" | "starting" | "running" | "dead" | "foreign";

/** Decides. Pure. */
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

/** The condition of a process with what it was decided from. */
export interface Condition {
  readonly state: ConditionState;
  readonly record?: RunRecord;
  readonly identity?: RecordedIdentity;
  /** Other members of its session that live on although it died. */
  readonly survivors: readonly ProcessFacts[];
}

/** Is it alive and ours? */
export function isAlive(
  condition: Condition,
): condition is Condition & { identity: RecordedIdentity; record: RunRecord } {
  return condition.state === "running" || condition.state === "starting";
}

/** Looks at a process. */
export async function inspect(paths: ProcessPaths): Promise<Condition> {
  const record = await readRecord(paths);
  const identity = record && (await readIdentity(paths, record.nonce));
  const facts = identity && (await readFacts(identity.pid));
  const boot = bootId();
  const state = assess(record, identity, facts, boot);
  // While a member of the session lives, the kernel gives its number to no new process: if the
  // number is in use by a foreigner, the session has ended.
  const orphaned = state === "dead" && identity !== undefined && record?.bootId === boot;
  return {
    state,
    ...(record && { record }),
    ...(identity && { identity }),
    survivors: orphaned ? await sessionMembers(identity.pid) : [],
  };
}
