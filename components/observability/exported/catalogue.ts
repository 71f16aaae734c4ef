import type { ExportedMetrics } from "./exported-metric.ts";
import { kafkaExporterMetrics } from "./kafka-exporter.ts";
import { kafkaJvmMetrics, kafkaNodeMetrics } from "./kafka-nodes.ts";
import { serviceMetrics } from "./services.ts";
import { kubeletMetrics, operatorMetrics, prometheusMetrics } from "./surroundings.ts";

/** All raw metrics that signals are computed from, by exporter. */
export const EXPORTED: readonly ExportedMetrics[] = [
  serviceMetrics,
  kafkaNodeMetrics,
  kafkaJvmMetrics,
  kafkaExporterMetrics,
  operatorMetrics,
  kubeletMetrics,
  prometheusMetrics,
];
