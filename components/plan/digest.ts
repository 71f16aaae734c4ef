import { createHash } from "node:crypto";
import { compareText } from "../model/problems/problem.ts";
import type { StackSettings } from "../model/stack/stack.ts";
import type { PlatformPlan } from "./types.ts";

/** Hexadecimal digits of each half of a digest: 96 bits, enough to make a collision infeasible. */
const digestLength = 24;

/**
 * Returns the fingerprint of a plan with the settings of its stack. Equal plans have equal fingerprints, whatever the
 * order of files and keys. Source locations and the reasons of ACLs are ignored, because they only serve messages. A
 * plan is already sorted, and each part is written field by field, so the work stays small for ten thousand topics.
 */
export function planFingerprint(plan: PlatformPlan, stack: StackSettings): string {
  const hash = createHash("sha256");
  const add = (sort: keyof PlatformPlan | "stack", parts: Iterable<unknown>): void => {
    hash.update(`${sort}\n`);
    for (const part of parts) hash.update(`${JSON.stringify(part)}\n`);
  };
  add(
    "topics",
    plan.topics.map((topic) => [
      topic.name,
      topic.kind,
      topic.domain,
      topic.owner,
      topic.partitions,
      topic.replicationFactor,
      sortedEntries(topic.config),
    ]),
  );
  add(
    "principals",
    plan.principals.map((principal) => [principal.name, principal.kind]),
  );
  // The key of a rule is its content.
  add(
    "acls",
    plan.acls.map((acl) => acl.key),
  );
  add(
    "quotas",
    plan.quotas.map((quota) => [quota.principal, quota.producerByteRate ?? null, quota.consumerByteRate ?? null]),
  );
  add(
    "subjects",
    plan.subjects.map((subject) => [
      subject.name,
      subject.topic,
      subject.eventType,
      subject.record,
      subject.schema,
      subject.compatibility,
      ...(subject.references === undefined ? [] : [subject.references.subjects]),
      ...(subject.schemaType === undefined ? [] : [subject.schemaType]),
    ]),
  );
  // Without shared subjects there is no line for them, so that digests from before shared subjects existed stay valid.
  if (plan.sharedSubjects.length > 0)
    add(
      "sharedSubjects",
      plan.sharedSubjects.map((subject) => [subject.name, subject.schema, subject.references, subject.compatibility]),
    );
  add("contracts", plan.contracts);
  add("stack", [canonical(stack)]);
  return hash.digest("hex").slice(0, digestLength);
}

/** Environment variable with the plan fingerprint that a run expects. */
export const wantedFingerprintVariable = "KIT_PLAN_FINGERPRINT";

/**
 * Ends a run whose files make another plan than the judged one.
 * @throws Error that names both fingerprints.
 */
export function expectFingerprint(
  fingerprint: string,
  environment: Readonly<Record<string, string | undefined>>,
): void {
  const wanted = environment[wantedFingerprintVariable];
  if (wanted === undefined || wanted === fingerprint) return;
  throw new Error(
    `The files make the plan ${fingerprint}; ${wanted} was to be applied. Nothing was touched. Judge it again with kit diff.`,
  );
}

/** Suffix of the digest of a refused change. No command accepts such a digest. */
const refusedSuffix = "-refused";

/** The parts of a digest. */
export interface DigestParts {
  /** Fingerprint of the plan to apply. */
  readonly head: string;
  /** Fingerprint of the state that it was compared with. */
  readonly base: string;
  readonly refused: boolean;
}

/**
 * Returns the digest of a judged change: the plan to apply, the state that it was compared with, and whether it was
 * refused.
 */
export function changeDigest({ head, base, refused }: DigestParts): string {
  return `${head}-${base}${refused ? refusedSuffix : ""}`;
}

/** Parses a digest into its parts; undefined if the text is not a digest. */
export function parseDigest(digest: string): DigestParts | undefined {
  const found = new RegExp(`^([0-9a-f]{${digestLength}})-([0-9a-f]{${digestLength}})(${refusedSuffix})?$`).exec(digest);
  const [, head, base, refused] = found ?? [];
  return head === undefined || base === undefined ? undefined : { head, base, refused: refused !== undefined };
}

/** Returns a value with the keys of every object sorted by code unit. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(sortedEntries(value).map(([key, inner]) => [key, canonical(inner)]));
}

function sortedEntries(object: object): [string, unknown][] {
  return Object.entries(object).sort(([a], [b]) => compareText(a, b));
}
