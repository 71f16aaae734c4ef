import type { Dashboard } from "../dashboard.ts";
import { lines, stat } from "./panels.ts";

/** Dashboard of Kafka's nodes: replicas, traffic, disks, CPUs. */
export const brokers: Dashboard = {
  name: "brokers",
  title: "Event platform: brokers",
  description: "Replication, traffic, disks and load of brokers and controllers.",
  rows: [
    {
      title: "Replication",
      panels: [
        stat("Brokers that work", "count", "cluster:brokers_active:max"),
        stat("Partitions without a leader", "partitions", "cluster:offline_partitions:sum", 1),
        stat("Unclean elections, 15 min", "count", "cluster:unclean_elections:increase15m", 1),
        lines("Partitions that lack a replica", "partitions", { "{{node}}": "node:under_replicated_partitions:max" }),
        lines("Partitions that refuse writes", "partitions", { "{{node}}": "node:under_min_isr_partitions:max" }),
        lines("Replicas that fall out of sync", "per second", { "{{node}}": "node:isr_shrinks:rate5m" }),
      ],
    },
    {
      title: "Placement",
      panels: [
        lines("Partitions led", "partitions", { "{{node}}": "node:leaders:max" }),
        lines("Replicas", "partitions", { "{{node}}": "node:replicas:max" }),
      ],
    },
    {
      title: "Traffic",
      panels: [
        lines("Bytes produced", "bytes per second", { "{{node}}": "node:bytes_in:rate5m" }),
        lines("Bytes consumed", "bytes per second", { "{{node}}": "node:bytes_out:rate5m" }),
        lines("Bytes produced by topic", "bytes per second", { "{{topic}}": "topic:bytes_in:rate5m" }),
        lines("Produce requests refused", "per second", { "{{node}}": "node:failed_produce_requests:rate5m" }),
      ],
    },
    {
      title: "Disks",
      panels: [
        lines("Free", "ratio", { "{{node}}": "node:disk_free:ratio" }),
        lines("Free in 4 h, as the last 6 h went", "bytes", { "{{node}}": "node:disk_free:bytes_in_4h" }),
        lines("Records kept", "records", { "{{topic}}": "topic:records_kept:sum" }),
        stat("Log directories that cannot be written", "count", "sum(node:offline_log_directories:max)", 1),
      ],
    },
    {
      title: "Load",
      panels: [
        lines("Request handlers idle", "ratio", { "{{node}}": "node:request_handlers_idle:ratio5m" }),
        lines("Network threads idle", "ratio", { "{{node}}": "node:network_threads_idle:ratio" }),
        lines("Requests that wait", "count", { "{{node}}": "node:request_queue:max" }),
        lines("Processors", "cores", { "{{node}}": "node:cpu:rate5m" }),
        lines("Heap in use", "ratio", { "{{node}}": "node:heap_used:ratio" }),
        lines("Garbage collection", "ratio", { "{{node}}": "node:garbage_collection:ratio5m" }),
      ],
    },
    {
      title: "Quotas",
      panels: [
        lines("Writes delayed", "seconds", { "{{user}}": "user:produce_throttle_seconds:max" }),
        lines("Reads delayed", "seconds", { "{{user}}": "user:fetch_throttle_seconds:max" }),
      ],
    },
  ],
};
