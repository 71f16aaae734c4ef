/**
 * The consumer's breaker. When records of different keys fail one after the other with the same error, a shared cause
 * is more likely than a fault in each record. Then the breaker pauses consumption and probes with one record after
 * another, so that the topic is not emptied into the dead-letter topic. Pure: the result of a failure depends only on
 * the state before it.
 *
 * Bounds, with the defaults: if no other rule detects the fault, 4 records become dead-letter records before the pause.
 * After 14 probes without success (about 5 minutes), each further probe (every 30 s) makes one dead-letter record. So a
 * group never stops forever, even behind records that no version of the service can apply.
 */
import { messageOf, ServiceError } from "../errors.ts";
import type { RetryPolicy } from "../retry.ts";

export interface BreakerSettings {
  /** Number of different keys in a row that opens the breaker. */
  readonly keys: number;
  /** Pauses before probes. `attempts` is the number of failed probes after which the record of each further probe is given up. */
  readonly probes: RetryPolicy;
}

export const BREAKER: BreakerSettings = {
  keys: 5,
  probes: { attempts: 14, firstDelayMs: 1_000, maxDelayMs: 30_000, factor: 2 },
};

/** A record whose attempts all failed. */
export interface Failure {
  /**
   * The event's type. Records of one kind have the same handler, and only a success of the same kind is evidence
   * against a shared fault.
   */
  readonly kind: string;
  readonly key: string;
  /** See {@link fingerprintOf}. */
  readonly fingerprint: string;
}

/** Failures in a row. */
interface Streak {
  readonly fingerprint: string;
  /** Different keys, fewer than the breaker's limit. */
  readonly keys: readonly string[];
}

export type BreakerState =
  | { readonly state: "closed"; readonly streaks: ReadonlyMap<string, Streak> }
  | {
      readonly state: "open";
      readonly kind: string;
      readonly fingerprint: string /** Number of failed probes. */;
      readonly probes: number;
    };

/** `give-up`: the record is delayed or becomes a dead-letter record. `hold`: the record waits for a later probe. */
export type Verdict = "give-up" | "hold";

export const CLOSED: BreakerState = { state: "closed", streaks: new Map() };

/** Returns the state after a record of this kind was applied. */
export function afterSuccess(before: BreakerState, kind: string): BreakerState {
  if (before.state === "open") return before.kind === kind ? CLOSED : before;
  if (!before.streaks.has(kind)) return before;
  const streaks = new Map(before.streaks);
  streaks.delete(kind);
  return { state: "closed", streaks };
}

/** Returns the state and the verdict after all attempts of a record failed. */
export function afterFailure(
  before: BreakerState,
  failure: Failure,
  settings: BreakerSettings = BREAKER,
): { readonly after: BreakerState; readonly verdict: Verdict } {
  const { kind, key, fingerprint } = failure;
  if (before.state === "open") {
    // A record of another kind says nothing about the fault that the breaker probes.
    if (before.kind !== kind) return { after: before, verdict: "give-up" };
    if (before.fingerprint === fingerprint) {
      const probes = before.probes + 1;
      return { after: { ...before, probes }, verdict: probes > settings.probes.attempts ? "give-up" : "hold" };
    }
  }
  const streaks = before.state === "open" ? new Map<string, Streak>() : new Map(before.streaks);
  const streak = streaks.get(kind);
  const keys = streak?.fingerprint === fingerprint ? [...new Set([...streak.keys, key])] : [key];
  if (keys.length >= settings.keys) return { after: { state: "open", kind, fingerprint, probes: 0 }, verdict: "hold" };
  streaks.set(kind, { fingerprint, keys });
  return { after: { state: "closed", streaks }, verdict: "give-up" };
}

/** Longest message used to distinguish errors, in characters. */
const MESSAGE_LIMIT = 200;

/**
 * Returns what errors with the same cause have in common: code, constraint, and the message without the parts that
 * differ between records (identifiers, numbers, quoted values).
 */
export function fingerprintOf(error: unknown): string {
  const { code, constraint } = (error instanceof Error ? error : {}) as {
    readonly code?: unknown;
    readonly constraint?: unknown;
  };
  const name =
    error instanceof ServiceError || typeof code === "string"
      ? String(code)
      : error instanceof Error
        ? error.name
        : typeof error;
  const message = messageOf(error)
    .slice(0, 10 * MESSAGE_LIMIT)
    .replaceAll(/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/giu, "#")
    .replaceAll(/"[^"]*"|'[^']*'/gu, "#")
    .replaceAll(/0x[0-9a-f]+|\d+(?:\.\d+)?/giu, "#")
    .replaceAll(/\s+/gu, " ")
    .slice(0, MESSAGE_LIMIT);
  return [name, ...(typeof constraint === "string" ? [constraint] : []), message].join(" ");
}
