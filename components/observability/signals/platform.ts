import type { Signal } from "../signal.ts";

/** Signals of the monitoring itself: targets, the exporter, certificates. */
export const platformSignals: readonly Signal[] = [
  {
    name: "job_instance:up:min",
    meaning: "Whether a target answers scrapes",
    unit: "boolean",
    labels: ["job", "instance"],
    expression: "min by (job, instance) (up)",
  },
  {
    name: "cluster:kafka_exporter_up:max",
    meaning: "Whether the exporter of lag and offsets answers scrapes",
    unit: "boolean",
    labels: [],
    expression: {
      local: 'max(up{job="kafka-exporter"})',
      kubernetes: 'max(up{strimzi_io_name=~".+-kafka-exporter"})',
    },
  },
  {
    name: "certificate:time_left_seconds:min",
    meaning: "Time until a certificate of the platform expires",
    unit: "seconds",
    labels: ["certificate"],
    expression: {
      local: "min by (certificate) (certificate_not_after_timestamp_seconds) - time()",
      kubernetes:
        'min by (certificate) (label_replace(strimzi_certificate_expiration_timestamp_ms, "certificate", "$1", "type", "(.+)")) / 1000 - time()',
    },
  },
  {
    name: "kind:reconciliations_failed:increase30m",
    meaning: "Reconciliations of the Kafka operator that failed in half an hour",
    unit: "count",
    labels: ["kind"],
    expression: { kubernetes: "sum by (kind) (increase(strimzi_reconciliations_failed_total[30m]))" },
  },
];
