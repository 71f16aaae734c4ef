import type { ClaimCheck, EventDeclaration } from "../../model/types.ts";
import { formatSize } from "../../model/values/size.ts";
import type { Affected, Change, Hazard } from "./types.ts";
import { listed } from "./words.ts";

/** A change of an event's claim check, without the fields that all changes of events share. */
export type ClaimCheckJudgement = Pick<Change, "field" | "before" | "after" | "hazard" | "effects" | "advice">;

/**
 * Judges a change of the event fields that are stored outside Kafka. Returns undefined if nothing changes.
 * @param affected - Services that publish or handle the event.
 */
export function judgeClaimCheck(
  was: EventDeclaration,
  is: EventDeclaration,
  affected: readonly Affected[],
): ClaimCheckJudgement | undefined {
  const before = was.claimCheck;
  const after = is.claimCheck;
  if (textOf(before) === textOf(after)) return undefined;
  const readers = affected.filter(({ role }) => role === "consumer").map(({ service }) => service);
  const who = readers.length === 0 ? "consumers" : listed(readers);
  const change = {
    field: "claimCheck",
    ...(before === undefined ? {} : { before: textOf(before) }),
    ...(after === undefined ? {} : { after: textOf(after) }),
  };
  if (after === undefined) {
    return {
      ...change,
      hazard: "approval",
      effects: [
        `${who} may no longer read the store: records already written whose content is stored become dead-letter records (SVC_CLAIM_REFERENCE)`,
        "stored content is no longer removed; content above the largest message can no longer be published",
      ],
      advice: [
        "raise above to what the topic takes at most, wait until the last record with a reference is gone, then take claimCheck out and empty the topic's folder of the store",
      ],
    };
  }
  if (before === undefined) {
    const what = after.field === undefined ? "an empty body" : `null in ${after.field}`;
    return {
      ...change,
      hazard: readers.length === 0 ? "safe" : "approval",
      effects: [
        `content above ${formatSize(after.above)} goes to the store: a reader that can't fetch it finds ${what} (${who})`,
        "producers of the event, and consumers that read it, need credentials of the store",
      ],
      ...(readers.length === 0
        ? {}
        : {
            advice: [
              `consumers first: ${who} must run with the service library's claim checks before a producer stores the first content`,
            ],
          }),
    };
  }
  const effects: string[] = [];
  let hazard: Hazard = "safe";
  if (before.field !== after.field) {
    hazard = "approval";
    effects.push(
      `${placeOf(after)} is stored in place of ${placeOf(before)}: ${who} must read both while records of before are in the topic`,
    );
  }
  if (after.above > before.above)
    effects.push(
      `content of ${formatSize(before.above)} to ${formatSize(after.above)} stays in the records: brokers, outbox and consumers carry it from now on`,
    );
  if (after.above < before.above)
    effects.push(
      `content of ${formatSize(after.above)} to ${formatSize(before.above)} goes to the store: a request more for each record that is published, and for each that is read`,
    );
  if (after.atMost < before.atMost) {
    hazard = "approval";
    effects.push(
      `content above ${formatSize(after.atMost)} is refused by producers, and by ${who} even where it is stored already`,
    );
  }
  if (after.atMost > before.atMost) {
    hazard = readers.length === 0 ? hazard : "approval";
    effects.push(`${who} must have memory for content of ${formatSize(after.atMost)}`);
  }
  return { ...change, hazard, effects };
}

function placeOf({ field }: ClaimCheck): string {
  return field ?? "the body";
}

/** Returns a claim check as text: `attachment.data above 256KiB, at most 5MiB`. */
export function claimCheckText(claim: ClaimCheck): string {
  return `${placeOf(claim)} above ${formatSize(claim.above)}, at most ${formatSize(claim.atMost)}`;
}

function textOf(claim: ClaimCheck | undefined): string {
  return claim === undefined ? "none" : claimCheckText(claim);
}
