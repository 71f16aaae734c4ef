/** The chaos scenarios of the order saga, in addition to the kit's faults of servers and processes. */
import type { ChaosDefinition, FaultDefinition } from "../../../cli/project/chaos.ts";
import { expectationsOf } from "./expectations.ts";
import type { CarriersRefuse } from "./faults/carriers.ts";
import { refuseParcels } from "./faults/carriers.ts";
import type { DelayReplies, MissTimeOut } from "./faults/disorder.ts";
import { delayReplies, missTimeOut } from "./faults/disorder.ts";
import type { AnswersWait } from "./faults/waiting-answers.ts";
import { letAnswersWait } from "./faults/waiting-answers.ts";
import {
  carrierRefuses,
  ENTRY,
  lateReplies,
  liveMigration,
  outageBeyondTimeout,
  outOfOrder,
  seconds,
  serviceFreeze,
} from "./plans.ts";

const delayedReplies: FaultDefinition<DelayReplies> = {
  name: "delay-replies",
  describe: ({ targets }) => `SIGSTOP ${targets.join(", ")}: the other participant answers first`,
  perform: delayReplies,
};

const missedTimeOut: FaultDefinition<MissTimeOut> = {
  name: "miss-time-out",
  describe: ({ targets }) => `SIGKILL ${targets.join(", ")} for longer than an order waits`,
  perform: missTimeOut,
};

const waitingAnswers: FaultDefinition<AnswersWait> = {
  name: "answers-wait",
  describe: ({ ahead, away }) => `SIGSTOP ${ahead.join(", ")}, then ${away.join(", ")} while the answers come`,
  perform: letAnswersWait,
};

const refusedParcels: FaultDefinition<CarriersRefuse> = {
  name: "carriers-refuse",
  describe: ({ carriers }) => `${carriers.join(" and ")} refuse every parcel`,
  perform: refuseParcels,
};

/** The order saga's part of `kit chaos`. */
export const chaos: ChaosDefinition = {
  entry: ENTRY,
  frontDoor: { path: "/orders", slotsMetric: "gateway_slots_in_use" },
  beside: expectationsOf,
  faults: [delayedReplies, missedTimeOut, waitingAnswers, refusedParcels],
  scenarios: [
    {
      name: "out-of-order",
      after: "duplicates",
      summary: "payment frozen, then inventory: answers come in both orders",
      spanMs: seconds(13),
      plan: outOfOrder,
    },
    {
      name: "late-replies",
      after: "out-of-order",
      summary: "inventory away for longer than an order waits: its late answers are compensated",
      spanMs: seconds(42),
      plan: lateReplies,
    },
    {
      name: "live-migration",
      summary: "a column is widened under load, and narrowed again",
      spanMs: seconds(8),
      plan: liveMigration,
    },
    {
      name: "carrier-refuses",
      after: "clock-skew",
      summary: "all carriers refuse every parcel: the orders are undone",
      spanMs: seconds(7),
      plan: carrierRefuses,
      instances: 2,
    },
    {
      name: "service-freeze",
      summary: "SIGSTOP of one instance of a service for longer than an order waits",
      spanMs: seconds(38),
      plan: serviceFreeze,
      instances: 2,
    },
    {
      name: "outage-beyond-timeout",
      summary: "order-service stands still for longer than an order waits, while good answers come",
      spanMs: seconds(43),
      plan: outageBeyondTimeout,
      instances: 2,
    },
  ],
};
