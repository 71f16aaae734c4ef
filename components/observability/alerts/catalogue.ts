import type { Alert } from "../alert.ts";
import { brokerAlerts } from "./brokers.ts";
import { consumerAlerts, deadLetterAlerts } from "./consumers.ts";
import { platformAlerts } from "./platform.ts";
import { producerAlerts } from "./producers.ts";
import { sagaAlerts } from "./sagas.ts";

/** Alerts by subject, in the order of their page. */
export const ALERT_GROUPS: Readonly<Record<string, readonly Alert[]>> = {
  consumers: consumerAlerts,
  "dead-letters": deadLetterAlerts,
  producers: producerAlerts,
  sagas: sagaAlerts,
  brokers: brokerAlerts,
  platform: platformAlerts,
};

/** All alerts. */
export const ALERTS: readonly Alert[] = Object.values(ALERT_GROUPS).flat();
