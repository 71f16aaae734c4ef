/**
 * Every reference to stored content resolves, with the size and SHA-256 in the record, for as long as the plan keeps the
 * content. Nothing stays in the store after that time.
 */
import { endOfClaim } from "@event-platform-kit/service/claim-check/cleanup";
import { parseClaimKey } from "@event-platform-kit/service/claim-check/reference";
import type { Judgement } from "../verdict.ts";
import { type JudgeContext, placeOf } from "./context.ts";

/** The clean-up runs once an hour. */
const CLEANUP_MS = 2 * 3_600_000;

export function storedContent(context: JudgeContext): Judgement {
  const { evidence } = context;
  const violations = context.newViolations();
  const content = evidence.stored;
  if (content === undefined) return { figures: {}, violations, notes: ["the store of claim checks was not read"] };
  const objects = new Map(content.objects.map((object) => [object.key, object]));
  const keep = new Map(
    evidence.contracts.flatMap(({ service, claimChecks }) =>
      (claimChecks?.stores ?? []).map(({ topic, keepMs }) => [`${topic}/${service}`, keepMs] as const),
    ),
  );
  /** Expiry time of the content; undefined: never, or unknown. */
  const endOf = (key: string): number | undefined => {
    const parts = parseClaimKey(key);
    const keepMs = parts === undefined ? undefined : keep.get(`${parts.topic}/${parts.producer}`);
    return parts === undefined || keepMs === undefined ? undefined : endOfClaim(parts.day, keepMs);
  };
  const referred = new Set(content.waiting);
  let references = 0;
  let expired = 0;
  for (const record of evidence.records) {
    const { claim } = record;
    // A record that a test wrote from outside may refer to anything.
    if (claim === undefined || context.injected.has(placeOf(record))) continue;
    references += 1;
    referred.add(claim.key);
    if ((endOf(claim.key) ?? Number.POSITIVE_INFINITY) < evidence.takenAt) {
      expired += 1;
      continue;
    }
    const object = objects.get(claim.key);
    if (parseClaimKey(claim.key) === undefined)
      violations.add(placeOf(record), `refers to ${JSON.stringify(claim.key.slice(0, 80))}, which is no key`);
    else if (object === undefined) violations.add(placeOf(record), `refers to ${claim.key}, which is not in the store`);
    else if (object.size !== claim.size)
      violations.add(placeOf(record), `refers to ${claim.key} with ${claim.size} bytes; it has ${object.size}`);
    else if (object.sha256 !== claim.sha256)
      violations.add(
        placeOf(record),
        `refers to ${claim.key} with SHA-256 ${claim.sha256.slice(0, 80)}; it has ${object.sha256 ?? "another"}`,
      );
  }
  for (const key of content.waiting)
    if (!objects.has(key)) violations.add(key, "an event in the outbox refers to it, and it is not in the store");
  const waiting = new Set(content.waiting);
  let orphans = 0;
  let foreign = 0;
  for (const { key } of content.objects) {
    if (!referred.has(key)) orphans += 1;
    const end = endOf(key);
    if (parseClaimKey(key) === undefined) foreign += 1;
    else if (end !== undefined && end + CLEANUP_MS < evidence.takenAt && !waiting.has(key))
      violations.add(key, `is still in the store ${Math.floor((evidence.takenAt - end) / 3_600_000)} h after its time`);
  }
  return {
    figures: {
      objects: content.objects.length,
      bytes: content.objects.reduce((sum, { size }) => sum + size, 0),
      references,
      expired,
      unreferenced: orphans,
    },
    violations,
    notes: [
      ...(orphans === 0
        ? []
        : [
            `${orphans} objects that no record refers to, such as those of requests that failed; they go when their time is over`,
          ]),
      ...(foreign === 0 ? [] : [`${foreign} files in the store are no objects of it`]),
    ],
  };
}
