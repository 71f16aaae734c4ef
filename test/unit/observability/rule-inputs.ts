/** A platform's rules on both substrates, for tests. */
import type { Owners } from "../../../components/observability/owners.ts";
import type { RuleInput } from "../../../components/observability/rendered/rule-groups.ts";
import type { Substrate } from "../../../components/observability/signal.ts";

/** As the examples of alerts assume it: the gateway and the order are checkout's, the payment is payments'. */
export const OWNERS: Owners = {
  topics: { "order-events": "checkout", "payment-service.dlt": "payments" },
  services: { "order-service": "checkout", "payment-service": "payments" },
};

/** All that can be watched on a substrate. */
export function ruleInput(substrate: Substrate): RuleInput {
  return {
    substrate,
    owners: OWNERS,
    exporters: new Set(["service", "kafka-node", "kafka-exporter"]),
    runbooks: "docs/runbooks",
    ...(substrate === "local"
      ? {}
      : { scope: { stack: "dev", namespaces: { kafka: "kafka", platform: "platform", services: "services" } } }),
  };
}
