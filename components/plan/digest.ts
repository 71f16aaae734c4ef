import { createHash } from "node:crypto";
import type { StackSettings } from "../model/stack.ts";
import type { PlatformPlan } from "./types.ts";

/** Hexadecimal digits of each half of a digest: 96 bits, more than anybody can collide. */
const digestLength = 24;

/**
 * Fingerprint of a plan with the settings of its stack: equal for equal plans, whatever the order of files and keys.
 * Places in files and reasons of access rules, which are for messages, don't count.
 */
export function planFingerprint(plan: PlatformPlan, stack: StackSettings): string {
  const hash = createHash("sha256");
  hash.update(canonicalJson({ plan, stack }));
  return hash.digest("hex").slice(0, digestLength);
}

/** Environment variable by which a run is told which plan it is for. */
export const wantedFingerprintVariable = "KIT_PLAN_FINGERPRINT";

/**
 * Ends a run whose files make another plan than the one that was judged.
 * @throws Error naming both.
 */
export function expectFingerprint(fingerprint: string, environment: Readonly<Record<string, string | undefined>>): void {
  const wanted = environment[wantedFingerprintVariable];
  if (wanted === undefined || wanted === fingerprint) return;
  throw new Error(`The files make the plan ${fingerprint}; ${wanted} was to be applied. Nothing was touched. Judge it anew with kit diff.`);
}

/** Digest of a judged change: what is to be applied, and what it was compared with. */
export function changeDigest(head: string, base: string): string {
  return `${head}-${base}`;
}

/** A digest in its halves; undefined for what is none. */
export function parseDigest(digest: string): { readonly head: string; readonly base: string } | undefined {
  const found = new RegExp(`^([0-9a-f]{${digestLength}})-([0-9a-f]{${digestLength}})$`).exec(digest);
  const [, head, base] = found ?? [];
  return head === undefined || base === undefined ? undefined : { head, base };
}

/** JSON with the keys of every object sorted by code unit. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (name, inner: unknown) => {
    if (name === "source" || name === "reason") return undefined;
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
