/** The invariants of the order saga over evidence and, where there is one, a witness. Pure. */
import type { Witness } from "../witness.ts";
import type { Evidence } from "./evidence.ts";
import { acceptedOrders } from "./invariants/accepted-orders.ts";
import { compensations } from "./invariants/compensations.ts";
import { consumedEvents } from "./invariants/consumed-events.ts";
import type { JudgeContext, JudgeOptions } from "./invariants/context.ts";
import { judgeContext } from "./invariants/context.ts";
import { countedFigures } from "./invariants/counted-figures.ts";
import { deadLetters } from "./invariants/dead-letters.ts";
import { feltFaults } from "./invariants/felt-faults.ts";
import { groupLag } from "./invariants/group-lag.ts";
import { keyOrder } from "./invariants/key-order.ts";
import { payments } from "./invariants/payments.ts";
import { publishedEvents } from "./invariants/published-events.ts";
import { stock } from "./invariants/stock.ts";
import { storedContent } from "./invariants/stored-content.ts";
import { terminalOrders } from "./invariants/terminal-orders.ts";
import { toldCustomers } from "./invariants/told-customers.ts";
import { unresolvedFailures } from "./invariants/unresolved-failures.ts";
import type { Judgement, Verdict } from "./verdict.ts";

/** In the order of their numbers, from 1. */
const INVARIANTS: readonly { readonly name: string; readonly judge: (context: JudgeContext) => Judgement }[] = [
  { name: "every accepted order exists, one per idempotency key", judge: acceptedOrders },
  { name: "every order came to its end in time", judge: terminalOrders },
  { name: "money: confirmed paid once, cancelled nothing kept", judge: payments },
  { name: "stock adds up, never below zero", judge: stock },
  { name: "each step of a failed saga undone exactly once", judge: compensations },
  { name: "outboxes and topics match", judge: publishedEvents },
  { name: "consumed = applied + copies + dead letters", judge: consumedEvents },
  { name: "dead letters complete and replayable", judge: deadLetters },
  { name: "order of events per key", judge: keyOrder },
  { name: "consumer groups at the end of their topics", judge: groupLag },
  { name: "the faults were felt", judge: feltFaults },
  { name: "analytics equals what the topics give", judge: countedFigures },
  { name: "each customer told exactly once of each step", judge: toldCustomers },
  { name: "nothing parked or dead-lettered left unexplained", judge: unresolvedFailures },
  { name: "stored content resolves, and goes in time", judge: storedContent },
];

/** Judges evidence. Without a witness, what only somebody outside can know is left out. */
export function judge(evidence: Evidence, witness?: Witness, options: JudgeOptions = {}): Verdict {
  const context = judgeContext(evidence, witness, options);
  const invariants = INVARIANTS.map(({ name, judge: judgeOne }, place) => {
    const { figures, violations, notes } = judgeOne(context);
    return {
      id: place + 1,
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
