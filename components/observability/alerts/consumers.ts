import type { Alert } from "../alert.ts";

const lag = 'kafka_consumergroup_lag{consumergroup="payment-service", topic="order-events", partition="0"}';
const offset =
  'kafka_consumergroup_current_offset{consumergroup="payment-service", topic="order-events", partition="0"}';
const paused = (reason: string): string =>
  `consumer_paused{service="payment-service", replica="payment-service-1", reason="${reason}"}`;
const breaker = 'consumer_breaker_open{service="payment-service", replica="payment-service-1"}';

/** Records of retry topics wait on purpose. */
const NOT_DELAYED = 'topic!~".+[.]retry-.+"';

/** Alerts on consumers that stall or fall behind. */
export const consumerAlerts: readonly Alert[] = [
  {
    name: "ConsumerStopped",
    severity: "page",
    // An undeclared group, for example of a removed service, raises no alert.
    expression: `group_topic:consumer_lag:sum{${NOT_DELAYED}} > 0 and group_topic:consumer_offset:increase10m == 0 and on (consumergroup) group:owner:info`,
    for: "5m",
    owner: "consumergroup",
    summary:
      'Group {{ $labels.consumergroup }} has consumed nothing of {{ $labels.topic }} for 10 minutes, and {{ printf "%.0f" $value }} records wait.',
    runbook: "consumer-lag",
    firing: {
      series: { [lag]: "1240x30", [offset]: "88120x30" },
      at: "20m",
      labels: { consumergroup: "payment-service", topic: "order-events" },
      summary: "Group payment-service has consumed nothing of order-events for 10 minutes, and 1240 records wait.",
    },
    // A group that is far behind but makes progress, records that wait for their retry, and an undeclared group.
    silent: {
      series: {
        [lag]: "1240x30",
        [offset]: "88120+60x30",
        'kafka_consumergroup_lag{consumergroup="payment-service", topic="payment-service.retry-1h", partition="0"}':
          "3x30",
        'kafka_consumergroup_current_offset{consumergroup="payment-service", topic="payment-service.retry-1h", partition="0"}':
          "40x30",
        'kafka_consumergroup_lag{consumergroup="former-service", topic="order-events", partition="0"}': "0+60x30",
        'kafka_consumergroup_current_offset{consumergroup="former-service", topic="order-events", partition="0"}':
          "7x30",
      },
      at: "20m",
    },
    reproduce: { scenario: "service-freeze" },
  },
  {
    name: "LagDrainTime",
    severity: "ticket",
    expression: `group_topic:consumer_lag:drain_seconds{${NOT_DELAYED}} > 900 and group_topic:consumer_offset:increase10m > 0`,
    for: "15m",
    owner: "consumergroup",
    summary:
      "Group {{ $labels.consumergroup }} needs {{ $value | humanizeDuration }} at its present pace to catch up with {{ $labels.topic }}.",
    runbook: "consumer-lag",
    firing: {
      // 60 records a minute are consumed, 3600 wait.
      series: { [lag]: "3600x40", [offset]: "0+60x40" },
      at: "35m",
      labels: { consumergroup: "payment-service", topic: "order-events" },
      summary: "Group payment-service needs 1h 0m 0s at its present pace to catch up with order-events.",
    },
    silent: { series: { [lag]: "3600x40", [offset]: "0+600x40" }, at: "35m" },
    reproduce: { none: "it takes more load than one machine should be given; `kit bench` shows where lag begins" },
  },
  {
    name: "ConsumerLate",
    severity: "ticket",
    expression: `service_topic:consumer_time_lag_seconds:max{${NOT_DELAYED}} > 120`,
    for: "5m",
    owner: "service",
    summary:
      "{{ $labels.service }} applies records of {{ $labels.topic }} {{ $value | humanizeDuration }} after they were written.",
    runbook: "consumer-lag",
    firing: {
      series: {
        'consumer_time_lag_seconds{service="payment-service", replica="payment-service-1", topic="order-events"}':
          "300x20",
      },
      at: "10m",
      labels: { service: "payment-service", topic: "order-events" },
      summary: "payment-service applies records of order-events 5m 0s after they were written.",
    },
    silent: {
      series: {
        'consumer_time_lag_seconds{service="payment-service", replica="payment-service-1", topic="order-events"}':
          "300x3 0.4x20",
        'consumer_time_lag_seconds{service="payment-service", replica="payment-service-1", topic="payment-service.retry-1h"}':
          "3601x20",
      },
      at: "10m",
    },
    reproduce: { scenario: "service-freeze" },
  },
  {
    name: "ConsumerPaused",
    severity: "ticket",
    expression: "service_reason:consumer_paused:max > 0",
    for: "5m",
    owner: "service",
    summary: "{{ $labels.service }} has stopped consuming and waits: {{ $labels.reason }}.",
    runbook: "consumer-paused",
    firing: {
      series: { [paused("database-read-only")]: "1x20" },
      at: "10m",
      labels: { service: "payment-service", reason: "database-read-only" },
      summary: "payment-service has stopped consuming and waits: database-read-only.",
    },
    // The database restarts.
    silent: { series: { [paused("database-unavailable")]: "0x3 1x2 0x20" }, at: "10m" },
    reproduce: { scenario: "read-only-database" },
  },
  {
    name: "BreakerOpen",
    severity: "ticket",
    expression: "service:breaker_open:max > 0",
    for: "2m",
    owner: "service",
    summary: "{{ $labels.service }} has stopped consuming: record after record failed, so its circuit breaker is open.",
    runbook: "consumer-paused",
    firing: {
      series: { [breaker]: "1x20" },
      at: "10m",
      labels: { service: "payment-service" },
      summary: "payment-service has stopped consuming: record after record failed, so its circuit breaker is open.",
    },
    silent: { series: { [breaker]: "0x3 1 0x20" }, at: "5m" },
    reproduce: { scenario: "large-poison" },
  },
];

const deadLetters = 'kafka_topic_partition_current_offset{topic="payment-service.dlt", partition="0"}';
const open = 'dlt_open_letters{service="payment-service", replica="payment-service-1"}';

/** Alerts on dead-letter records. */
export const deadLetterAlerts: readonly Alert[] = [
  {
    name: "DeadLetterArrived",
    severity: "ticket",
    expression: "topic:dead_letters:increase15m > 0",
    for: "0s",
    owner: "topic",
    summary: "A consumer gave up records in the last 15 minutes: they are in {{ $labels.topic }}.",
    runbook: "dead-letters",
    firing: {
      series: { [deadLetters]: "40x5 43x20" },
      at: "10m",
      labels: { topic: "payment-service.dlt" },
      summary: "A consumer gave up records in the last 15 minutes: they are in payment-service.dlt.",
    },
    // Old dead-letter records, and a busy topic that is not a dead-letter topic.
    silent: {
      series: {
        [deadLetters]: "40x30",
        'kafka_topic_partition_current_offset{topic="order-events", partition="0"}': "0+60x30",
      },
      at: "20m",
    },
    reproduce: { scenario: "poison" },
  },
  {
    name: "DeadLetterUnresolved",
    severity: "ticket",
    expression: "service:dead_letters_open:max > 0",
    for: "1h",
    owner: "service",
    summary:
      '{{ $labels.service }} has had dead-letter records for over an hour that nobody replayed or discarded: {{ printf "%.0f" $value }}.',
    runbook: "dead-letters",
    firing: {
      series: { [open]: "3x90" },
      at: "70m",
      labels: { service: "payment-service" },
      summary: "payment-service has had dead-letter records for over an hour that nobody replayed or discarded: 3.",
    },
    silent: { series: { [open]: "3x40 0x50" }, at: "70m" },
    reproduce: { scenario: "poison" },
  },
];
