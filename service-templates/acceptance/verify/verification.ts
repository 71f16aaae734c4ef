/** The project's invariants of `kit verify`, in addition to those of every project. */

import type { InvariantDefinition, VerificationDefinition } from "../../../cli/project/verification.ts";
import type { EventContent } from "./event-content.ts";
import { contentOf } from "./event-content.ts";
import type { SampleTables } from "./evidence.ts";
import { acceptedOrders } from "./invariants/accepted-orders.ts";
import { compensations } from "./invariants/compensations.ts";
import { countedFigures } from "./invariants/counted-figures.ts";
import { payments } from "./invariants/payments.ts";
import { stock } from "./invariants/stock.ts";
import { terminalOrders } from "./invariants/terminal-orders.ts";
import { toldCustomers } from "./invariants/told-customers.ts";
import { readSampleTables } from "./tables.ts";
import { unfinished } from "./unfinished.ts";

const invariants: readonly InvariantDefinition<SampleTables, EventContent>[] = [
  { id: 1, name: "every accepted order exists, one per idempotency key", judge: acceptedOrders },
  { id: 2, name: "every order came to its end in time", judge: terminalOrders },
  { id: 3, name: "money: confirmed paid once, cancelled nothing kept", judge: payments },
  { id: 4, name: "stock adds up, never below zero", judge: stock },
  { id: 5, name: "each step of a failed saga undone exactly once", judge: compensations },
  { id: 12, name: "analytics equals what the topics give", judge: countedFigures },
  { id: 13, name: "each customer told exactly once of each step", judge: toldCustomers },
];

/** The order saga's part of `kit verify`. */
export const verification: VerificationDefinition<SampleTables, EventContent> = {
  readTables: readSampleTables,
  contentOf,
  unfinished,
  invariants,
};
