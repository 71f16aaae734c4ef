import type { Signal } from "../signal.ts";
import { brokerSignals } from "./brokers.ts";
import { consumerSignals, deadLetterSignals } from "./consumers.ts";
import { platformSignals } from "./platform.ts";
import { producerSignals } from "./producers.ts";
import { sagaSignals } from "./sagas.ts";
import { serviceSignals } from "./services.ts";

/** Signals by subject, in the order of their page. A signal may use the earlier signals of its group. */
export const SIGNAL_GROUPS: Readonly<Record<string, readonly Signal[]>> = {
  consumers: consumerSignals,
  "dead-letters": deadLetterSignals,
  producers: producerSignals,
  sagas: sagaSignals,
  services: serviceSignals,
  brokers: brokerSignals,
  platform: platformSignals,
};

/** All signals. */
export const SIGNALS: readonly Signal[] = Object.values(SIGNAL_GROUPS).flat();
