/**
 * The consumer's breaker: when records of different keys fail one after the other with the same error, something
 * that all of them share is likelier at fault than each of them. Then consumption pauses and probes with one
 * record after another, instead of emptying a topic into the dead-letter topic. Pure: what a record's failure
 * leads to follows from what came before, and from nothing else.
 *
 * Bounds, with the defaults: of a fault that is not told apart otherwise, 4 records become dead-letter records
 * before the pause. After 14 probes without success (about 5 minutes) one follows per probe (30 s): a group is
 * never stuck for good, not even behind records that nobody can apply.
 */
import { messageOf, ServiceError } from "../errors.ts";
import type { RetryPolicy } from "../retry.ts";

export interface BreakerSettings {
  /** Different keys in a row that open it. */
  readonly keys: number;
  /** Pauses before probes; `attempts` says after how many failed probes the record of each further one is given up. */
  readonly probes: RetryPolicy;
}

export const BREAKER: BreakerSettings = {
  keys: 5,
  probes: { attempts: 14, firstDelayMs: 1_000, maxDelayMs: 30_000, factor: 2 },
};

/** A record that failed all its attempts. */
export interface Failure {
  /** Records of one kind are handled alike, and only their successes speak against a common fault: the event's type. */
  readonly kind: string;
  readonly key: string;
  /** See {@link fingerprintOf}. */
  readonly fingerprint: string;
}

/** Failures in a row. */
interface Streak {
  readonly fingerprint: string;
  /** Different ones, fewer than the breaker's limit. */
  readonly keys: readonly string[];
}

export type BreakerState =
  | { readonly state: "closed"; readonly streaks: ReadonlyMap<string, Streak> }
  | {
      readonly state: "open";
      readonly kind: string;
      readonly fingerprint: string /** Probes that failed. */;
      readonly probes: number;
    };

/** `give-up`: the record is delayed or dead-lettered. `hold`: it stays where it is until a later probe. */
export type Verdict = "give-up" | "hold";

export const CLOSED: BreakerState = { state: "closed", streaks: new Map() };

/** A record of this kind was applied. */
export function afterSuccess(before: BreakerState, kind: string): BreakerState {
  if (before.state === "open") return before.kind === kind ? CLOSED : before;
  if (!before.streaks.has(kind)) return before;
  const streaks = new Map(before.streaks);
  streaks.delete(kind);
  return { state: "closed", streaks };
}

/** A record failed all its attempts. */
export function afterFailure(
  before: BreakerState,
  failure: Failure,
  settings: BreakerSettings = BREAKER,
): { readonly after: BreakerState; readonly verdict: Verdict } {
  const { kind, key, fingerprint } = failure;
  if (before.state === "open") {
    // Of another kind: it says nothing about what is waited for.
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

/** Longest message that tells errors apart, in characters. */
const MESSAGE_LIMIT = 200;

/**
 * What errors with the same cause have in common: code, constraint, and the message without what differs from
 * record to record (identifiers, numbers, quoted values).
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
