import type { Alert } from "../alert.ts";

const OF_ORDERS = 'service="order-service", replica="order-service-1"';
const sent = (outcome: string, code: string): string =>
  `producer_records_total{${OF_ORDERS}, topic="order-events", outcome="${outcome}", code="${code}"}`;
const age = `outbox_oldest_unpublished_age_seconds{${OF_ORDERS}}`;
const waiting = `outbox_unpublished_rows{${OF_ORDERS}}`;
const parked = `outbox_parked{${OF_ORDERS}}`;

/** Alerts on events that a service does not publish. */
export const producerAlerts: readonly Alert[] = [
  {
    name: "ProducerErrors",
    severity: "ticket",
    expression: "service_topic:producer_errors:ratio5m > 0.01",
    for: "5m",
    owner: "service",
    summary:
      "Kafka refuses {{ $value | humanizePercentage }} of the records that {{ $labels.service }} sends to {{ $labels.topic }}.",
    runbook: "producer-errors",
    firing: {
      series: { [sent("acknowledged", "")]: "0+1900x30", [sent("failed", "NOT_ENOUGH_REPLICAS")]: "0+100x30" },
      at: "15m",
      labels: { service: "order-service", topic: "order-events" },
      summary: "Kafka refuses 5% of the records that order-service sends to order-events.",
    },
    silent: {
      series: { [sent("acknowledged", "")]: "0+2000x30", [sent("failed", "NOT_ENOUGH_REPLICAS")]: "0+2x30" },
      at: "15m",
    },
    reproduce: { scenario: "two-zones-down" },
  },
  {
    name: "OutboxStuck",
    severity: "page",
    expression: "service:outbox_oldest_age_seconds:max > 60",
    for: "2m",
    owner: "service",
    summary:
      "{{ $labels.service }} cannot publish: its oldest event has waited {{ $value | humanizeDuration }} in the outbox.",
    runbook: "outbox",
    firing: {
      series: { [age]: "0+60x20" },
      at: "5m",
      labels: { service: "order-service" },
      summary: "order-service cannot publish: its oldest event has waited 5m 0s in the outbox.",
    },
    // A broker failover delays events for half a minute.
    silent: { series: { [age]: "0x2 35 0x20" }, at: "5m" },
    reproduce: { scenario: "two-zones-down" },
  },
  {
    name: "OutboxBacklog",
    severity: "ticket",
    expression: "service:outbox_unpublished:max > 5000",
    for: "10m",
    owner: "service",
    summary:
      '{{ printf "%.0f" $value }} events of {{ $labels.service }} wait in its outbox: it writes more than it publishes.',
    runbook: "outbox",
    firing: {
      series: { [waiting]: "8200x30" },
      at: "15m",
      labels: { service: "order-service" },
      summary: "8200 events of order-service wait in its outbox: it writes more than it publishes.",
    },
    silent: { series: { [waiting]: "8200x5 12x30" }, at: "15m" },
    reproduce: { scenario: "two-zones-down" },
  },
  {
    name: "EventsParked",
    severity: "ticket",
    expression: "service:outbox_parked:max > 0",
    for: "0s",
    owner: "service",
    summary: '{{ printf "%.0f" $value }} events of {{ $labels.service }} were refused and wait for a decision.',
    runbook: "outbox",
    firing: {
      series: { [parked]: "2x10" },
      at: "5m",
      labels: { service: "order-service" },
      summary: "2 events of order-service were refused and wait for a decision.",
    },
    silent: { series: { [parked]: "0x10" }, at: "5m" },
    reproduce: { none: "an event is parked when the registry or Kafka refuses it for good, which no scenario causes" },
  },
];
