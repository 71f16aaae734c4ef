/** Judges the invariants of every project, and the project's own, over evidence and an optional witness. Pure. */
import { KitError } from "../errors.ts";
import type { Witness } from "../witness.ts";
import type { InvariantDefinition } from "./definition.ts";
import { KIT_INVARIANTS } from "./definition.ts";
import type { Evidence } from "./evidence.ts";
import { consumedEvents } from "./invariants/consumed-events.ts";
import type { JudgeOptions } from "./invariants/context.ts";
import { judgeContext } from "./invariants/context.ts";
import { deadLetters } from "./invariants/dead-letters.ts";
import { feltFaults } from "./invariants/felt-faults.ts";
import { groupLag } from "./invariants/group-lag.ts";
import { keyOrder } from "./invariants/key-order.ts";
import { publishedEvents } from "./invariants/published-events.ts";
import { storedContent } from "./invariants/stored-content.ts";
import { unresolvedFailures } from "./invariants/unresolved-failures.ts";
import type { Verdict } from "./verdict.ts";

/** The invariants of every project. */
const GENERAL: readonly (InvariantDefinition & { readonly id: (typeof KIT_INVARIANTS)[number] })[] = [
  { id: 6, name: "outboxes and topics match", judge: publishedEvents },
  { id: 7, name: "consumed = applied + duplicates + dead-letter records", judge: consumedEvents },
  { id: 8, name: "dead-letter records complete and replayable", judge: deadLetters },
  { id: 9, name: "order of events per key", judge: keyOrder },
  { id: 10, name: "consumer groups at the end of their topics", judge: groupLag },
  { id: 11, name: "the faults were felt", judge: feltFaults },
  { id: 14, name: "nothing parked or dead-lettered left unexplained", judge: unresolvedFailures },
  { id: 15, name: "stored content resolves, and goes in time", judge: storedContent },
];

/**
 * Judges evidence. Without a witness, it leaves out what only an outside observer can know.
 * @param own - The project's invariants. @default none
 * @throws KitError `KIT_PROJECT_INVALID` when two invariants have one number.
 */
export function judge<Tables extends object, Content>(
  evidence: Evidence<Tables, Content>,
  witness?: Witness,
  { own = [], ...options }: JudgeOptions & { readonly own?: readonly InvariantDefinition<Tables, Content>[] } = {},
): Verdict {
  const context = judgeContext(evidence, witness, options);
  const all = [...GENERAL, ...own].toSorted((a, b) => a.id - b.id);
  const twice = all.find(({ id }, place) => id === all[place + 1]?.id);
  if (twice !== undefined)
    throw new KitError(
      "KIT_PROJECT_INVALID",
      `two invariants have the number ${twice.id}; ${KIT_INVARIANTS.join(", ")} are those of every project`,
    );
  const invariants = all.map(({ id, name, judge: judgeOne }) => {
    const { figures, violations, notes } = judgeOne(context);
    return {
      id,
      name,
      holds: violations.count === 0,
      figures,
      violations: violations.count,
      problems: violations.examples,
      notes: notes ?? [],
    };
  });
  return { invariants, holds: invariants.every(({ holds }) => holds) };
}
