import type { Alert, SeriesValues } from "../alert.ts";
import type { Substrate } from "../signal.ts";

const DAY = 86_400;

/** Returns the series of a certificate that expires a number of days after the first sample, at time 0. */
function certificate(days: number): (substrate: Substrate) => SeriesValues {
  return (substrate) =>
    substrate === "local"
      ? { 'certificate_not_after_timestamp_seconds{certificate="cluster-ca"}': `${days * DAY}x120` }
      : {
          'strimzi_certificate_expiration_timestamp_ms{cluster="kafka", type="cluster-ca", resource_namespace="kafka"}': `${days * DAY * 1_000}x120`,
        };
}

/** Returns the series of the exporter's target. */
function exporter(values: string): (substrate: Substrate) => SeriesValues {
  return (substrate) =>
    substrate === "local"
      ? { 'up{job="kafka-exporter", instance="127.0.0.1:9308"}': values }
      : { 'up{job="kafka/kafka", instance="10.0.0.9:9404", strimzi_io_name="kafka-kafka-exporter"}': values };
}

const memory = (service: string): string =>
  `process_resident_memory_bytes{service="${service}", replica="${service}-1"}`;
const requests = (status: string): string =>
  `http_request_duration_seconds_count{service="api-gateway", replica="api-gateway-1", method="POST", route="/orders", status="${status}"}`;
const notReady =
  'http_request_duration_seconds_count{service="payment-service", replica="payment-service-1", method="GET", route="/readyz", status="503"}';
const target = 'up{job="services", instance="127.0.0.1:18080"}';

/** Alerts on the monitoring itself. */
export const platformAlerts: readonly Alert[] = [
  {
    name: "HttpErrors",
    severity: "page",
    expression: "service:http_errors:ratio5m > 0.05",
    for: "5m",
    owner: "service",
    summary:
      "{{ $labels.service }} answers {{ $value | humanizePercentage }} of its requests with an error of its own.",
    runbook: "service-down",
    firing: {
      series: { [requests("202")]: "0+900x20", [requests("503")]: "0+100x20" },
      at: "15m",
      labels: { service: "api-gateway" },
      summary: "api-gateway answers 10% of its requests with an error of its own.",
    },
    // Customers send wrong requests, and a service is not ready.
    silent: {
      series: {
        [requests("202")]: "0+900x20",
        [requests("400")]: "0+100x20",
        [requests("503")]: "0+2x20",
        [notReady]: "0+12x20",
      },
      at: "15m",
    },
    reproduce: { scenario: "postgres-restart" },
  },
  {
    name: "TargetDown",
    severity: "ticket",
    expression: "job_instance:up:min == 0",
    for: "5m",
    owner: "platform",
    summary:
      "{{ $labels.instance }} of {{ $labels.job }} has not answered scrapes for 5 minutes: what it does is not watched.",
    runbook: "service-down",
    firing: {
      series: { [target]: "0x10" },
      at: "8m",
      labels: { job: "services", instance: "127.0.0.1:18080" },
      summary: "127.0.0.1:18080 of services has not answered scrapes for 5 minutes: what it does is not watched.",
    },
    silent: { series: { [target]: "1x3 0 1x10" }, at: "8m" },
    reproduce: { scenario: "service-freeze" },
  },
  {
    name: "ServiceDown",
    severity: "page",
    expression: "service:owner:info unless on (service) service:resident_memory:max",
    for: "5m",
    owner: "service",
    summary: "No instance of {{ $labels.service }} has answered for 5 minutes.",
    runbook: "service-down",
    needs: "service",
    firing: {
      series: { [memory("order-service")]: "98000000x20" },
      at: "15m",
      labels: { service: "payment-service" },
      summary: "No instance of payment-service has answered for 5 minutes.",
    },
    silent: {
      series: { [memory("order-service")]: "98000000x20", [memory("payment-service")]: "98000000x20" },
      at: "15m",
    },
    reproduce: { scenario: "service-freeze" },
  },
  {
    name: "ExporterDown",
    severity: "ticket",
    expression: "cluster:kafka_exporter_up:max == 0 or absent(cluster:kafka_exporter_up:max)",
    for: "5m",
    owner: "platform",
    summary: "The exporter of consumer lag does not answer: nobody is called when a consumer stops.",
    runbook: "monitoring",
    needs: "kafka-exporter",
    firing: {
      series: exporter("0x20"),
      at: "10m",
      labels: {},
      summary: "The exporter of consumer lag does not answer: nobody is called when a consumer stops.",
    },
    silent: { series: exporter("1x20"), at: "10m" },
    reproduce: { none: "no scenario strikes what watches" },
  },
  {
    name: "CertificateExpiresSoon",
    severity: "page",
    expression: "certificate:time_left_seconds:min < 7 * 86400",
    for: "1h",
    owner: "platform",
    summary:
      "Certificate {{ $labels.certificate }} expires in {{ $value | humanizeDuration }}: then nobody can connect.",
    runbook: "certificates",
    firing: {
      series: certificate(5),
      at: "90m",
      labels: { certificate: "cluster-ca" },
      summary: "Certificate cluster-ca expires in 4d 22h 30m 0s: then nobody can connect.",
    },
    silent: { series: certificate(20), at: "90m" },
    reproduce: { none: "the platform's certificates are valid for years" },
  },
  {
    name: "CertificateExpires",
    severity: "ticket",
    expression: "certificate:time_left_seconds:min < 30 * 86400",
    for: "1h",
    owner: "platform",
    summary: "Certificate {{ $labels.certificate }} expires in {{ $value | humanizeDuration }}.",
    runbook: "certificates",
    firing: {
      series: certificate(20),
      at: "90m",
      labels: { certificate: "cluster-ca" },
      summary: "Certificate cluster-ca expires in 19d 22h 30m 0s.",
    },
    silent: { series: certificate(40), at: "90m" },
    reproduce: { none: "the platform's certificates are valid for years" },
  },
  {
    name: "OperatorFailing",
    severity: "ticket",
    expression: "kind:reconciliations_failed:increase30m > 2",
    for: "10m",
    owner: "platform",
    summary: "The Kafka operator cannot bring a {{ $labels.kind }} to its declared state; changes to it do not arrive.",
    runbook: "operator-failing",
    firing: {
      series: { 'strimzi_reconciliations_failed_total{kind="Kafka"}': "0+1x60" },
      at: "40m",
      labels: { kind: "Kafka" },
      summary: "The Kafka operator cannot bring a Kafka to its declared state; changes to it do not arrive.",
    },
    silent: { series: { 'strimzi_reconciliations_failed_total{kind="Kafka"}': "0x5 1x60" }, at: "40m" },
    reproduce: { none: "there is no operator on one machine" },
  },
  {
    name: "Watchdog",
    severity: "none",
    expression: "vector(1)",
    for: "0s",
    owner: "platform",
    summary: "This alert always fires. If it does not arrive, alerts do not arrive.",
    runbook: "monitoring",
    firing: {
      series: {},
      at: "1m",
      labels: {},
      summary: "This alert always fires. If it does not arrive, alerts do not arrive.",
    },
    silent: "never",
    reproduce: { none: "it always fires" },
  },
];
