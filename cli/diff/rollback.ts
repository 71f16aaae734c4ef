/** Steps to roll a change back, in their order. */

import { sortedSet } from "../../components/plan/diff/hazard.ts";
import type { Change } from "../../components/plan/diff/types.ts";
import { listed } from "../../components/plan/diff/words.ts";

/** Steps for these changes; the first is always the same. */
export function rollbackSteps(changes: readonly Change[]): string[] {
  if (changes.some(({ hazard }) => hazard === "refused"))
    return ["nothing is applied as long as a change is refused, so there is nothing to take back"];
  const steps = [
    "revert the commit, look at the diff of the revert, apply it: settings, access and quotas are as before",
  ];
  const objects = (wanted: (change: Change) => boolean): string[] =>
    sortedSet(changes.filter(wanted).map(({ object }) => object));
  const say = (names: readonly string[], step: (names: string) => string): void => {
    if (names.length > 0) steps.push(step(listed(names)));
  };
  say(
    objects(
      ({ kind, field, before, after }) =>
        kind === "topic-changed" && field === "partitions" && Number(after) > Number(before),
    ),
    (names) => `partitions of ${names} stay raised: the revert will be refused for them; keep the new number in it`,
  );
  say(
    objects(({ kind }) => kind === "topic-added"),
    (names) =>
      `${names}: a revert deletes what was created; a topic that holds records by then goes in the three steps of a removal`,
  );
  say(
    objects(
      ({ hazard, field }) =>
        hazard === "irreversible" && (field === "retention" || field === "retentionBytes" || field === "cleanup"),
    ),
    (names) =>
      `${names}: records that were deleted do not come back; restore them from where they came from, if that still has them`,
  );
  say(
    objects(({ kind, hazard }) => (kind === "topic-removed" || kind === "topic-renamed") && hazard === "irreversible"),
    (names) => `${names}: comes back empty, and consumers start from the beginning`,
  );
  say(
    objects(({ kind, field }) => kind === "schema-changed" && field === "schema"),
    (names) =>
      `${names}: the version stays in the registry; the old schema must itself be compatible with it to be registered again`,
  );
  say(
    objects(({ kind }) => kind === "consumer-removed"),
    (names) => `${names}: a group continues where it was only within 7 days`,
  );
  return steps;
}
