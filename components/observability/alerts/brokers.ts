import type { Alert, SeriesValues } from "../alert.ts";
import type { Substrate } from "../signal.ts";

const NODE = 'node="kafka-broker-100"';
const node = { node: "kafka-broker-100" };
const GIB = 2 ** 30;

/**
 * Returns the series of a broker's disk of 500 GiB. `free` is the free space at first, `perMinute` its change per
 * minute, both in GiB.
 */
function disk(free: number, perMinute: number): (substrate: Substrate) => SeriesValues {
  const size = `${500 * GIB}x400`;
  const left = `${free * GIB}${perMinute < 0 ? "-" : "+"}${Math.abs(perMinute) * GIB}x400`;
  const claim = 'persistentvolumeclaim="data-0-kafka-broker-100"';
  return (substrate) =>
    substrate === "local"
      ? { [`kafka_log_dir_usable_bytes{${NODE}}`]: left, [`kafka_log_dir_total_bytes{${NODE}}`]: size }
      : {
          [`kubelet_volume_stats_available_bytes{${claim}}`]: left,
          [`kubelet_volume_stats_capacity_bytes{${claim}}`]: size,
        };
}

const underMinIsr = `kafka_server_replicamanager_underminisrpartitioncount{${NODE}}`;
const underReplicated = `kafka_server_replicamanager_underreplicatedpartitions{${NODE}}`;
const shrinks = `kafka_server_replicamanager_isrshrinkspersec_total{${NODE}}`;
const directories = `kafka_log_logmanager_offlinelogdirectorycount{${NODE}}`;
const idle = `kafka_server_kafkarequesthandlerpool_requesthandleravgidlepercent_total{${NODE}}`;
const controller = (id: number, metric: string): string =>
  `kafka_controller_kafkacontroller_${metric}{node="kafka-controller-${id}"}`;
const throttle = (kind: string): string =>
  `kafka_server_${kind}_throttle_time{${NODE}, user="analytics-service", client_id=""}`;

/** Alerts on partitions and the controllers that assign their leaders. */
const partitions: readonly Alert[] = [
  {
    name: "OfflinePartitions",
    severity: "page",
    expression: "cluster:offline_partitions:sum > 0",
    for: "1m",
    owner: "platform",
    summary: '{{ printf "%.0f" $value }} partitions have no leader: nobody can write to them or read from them.',
    runbook: "offline-partitions",
    firing: {
      series: { [controller(0, "offlinepartitionscount")]: "12x10", [controller(1, "offlinepartitionscount")]: "0x10" },
      at: "5m",
      labels: {},
      summary: "12 partitions have no leader: nobody can write to them or read from them.",
    },
    silent: { series: { [controller(0, "offlinepartitionscount")]: "0x3 12 0x10" }, at: "4m" },
    reproduce: {
      none: "no scenario takes all three replicas of a partition, because acknowledged records could be lost",
    },
  },
  {
    name: "UncleanElection",
    severity: "page",
    expression: "cluster:unclean_elections:increase15m > 0",
    for: "0s",
    owner: "platform",
    summary: "A replica that lacked acknowledged records became leader: records are lost.",
    runbook: "offline-partitions",
    firing: {
      series: {
        'kafka_controller_controllerstats_uncleanleaderelectionspersec_total{node="kafka-controller-0"}': "0x5 1x10",
      },
      at: "8m",
      labels: {},
      summary: "A replica that lacked acknowledged records became leader: records are lost.",
    },
    silent: {
      series: {
        'kafka_controller_controllerstats_uncleanleaderelectionspersec_total{node="kafka-controller-0"}': "2x30",
      },
      at: "20m",
    },
    reproduce: { none: "the platform's topics refuse unclean elections" },
  },
  {
    name: "ActiveController",
    severity: "page",
    expression: "cluster:active_controllers:sum != 1 or absent(cluster:active_controllers:sum)",
    for: "1m",
    owner: "platform",
    summary: "The cluster has no single active controller: failed brokers are not replaced as leaders.",
    runbook: "active-controller",
    needs: "kafka-node",
    firing: {
      series: { [controller(0, "activecontrollercount")]: "0x10", [controller(1, "activecontrollercount")]: "0x10" },
      at: "5m",
      labels: {},
      summary: "The cluster has no single active controller: failed brokers are not replaced as leaders.",
    },
    // The role moves from one controller to another.
    silent: {
      series: {
        [controller(0, "activecontrollercount")]: "1x3 0x10",
        [controller(1, "activecontrollercount")]: "0x3 1x10",
      },
      at: "5m",
    },
    reproduce: { scenario: "controller-kill" },
  },
  {
    name: "UnderMinIsr",
    severity: "page",
    expression: "node:under_min_isr_partitions:max > 0",
    for: "1m",
    owner: "platform",
    summary:
      '{{ printf "%.0f" $value }} partitions led by {{ $labels.node }} refuse writes: too few replicas are in sync.',
    runbook: "under-replicated",
    firing: {
      series: { [underMinIsr]: "9x10" },
      at: "5m",
      labels: node,
      summary: "9 partitions led by kafka-broker-100 refuse writes: too few replicas are in sync.",
    },
    // One of three replicas is offline.
    silent: { series: { [underMinIsr]: "0x10", [underReplicated]: "30x10" }, at: "5m" },
    reproduce: { scenario: "two-zones-down" },
  },
  {
    name: "UnderReplicated",
    severity: "ticket",
    expression: "node:under_replicated_partitions:max > 0",
    for: "10m",
    owner: "platform",
    summary:
      '{{ printf "%.0f" $value }} partitions led by {{ $labels.node }} have lacked a replica for 10 minutes: one more failure may stop writes.',
    runbook: "under-replicated",
    firing: {
      series: { [underReplicated]: "30x20" },
      at: "15m",
      labels: node,
      summary:
        "30 partitions led by kafka-broker-100 have lacked a replica for 10 minutes: one more failure may stop writes.",
    },
    // A broker restarts.
    silent: { series: { [underReplicated]: "0x2 30x3 0x20" }, at: "15m" },
    reproduce: { scenario: "zone-down" },
  },
  {
    name: "IsrShrinking",
    severity: "ticket",
    expression: "node:isr_shrinks:rate5m > 0",
    for: "10m",
    owner: "platform",
    summary:
      "Replicas of partitions led by {{ $labels.node }} keep falling out of sync: a broker or the network is slow.",
    runbook: "under-replicated",
    firing: {
      series: { [shrinks]: "0+2x30" },
      at: "20m",
      labels: node,
      summary:
        "Replicas of partitions led by kafka-broker-100 keep falling out of sync: a broker or the network is slow.",
    },
    silent: { series: { [shrinks]: "0x3 24x30" }, at: "20m" },
    reproduce: { scenario: "broker-freeze" },
  },
];

/** Alerts on brokers and their disks. */
const machines: readonly Alert[] = [
  {
    name: "BrokerDown",
    severity: "ticket",
    expression: "cluster:brokers_fenced:max > 0",
    for: "5m",
    owner: "platform",
    summary:
      '{{ printf "%.0f" $value }} brokers have not answered for 5 minutes; their partitions live on fewer replicas.',
    runbook: "dead-broker",
    firing: {
      series: { [controller(0, "fencedbrokercount")]: "1x20", [controller(1, "fencedbrokercount")]: "0x20" },
      at: "10m",
      labels: {},
      summary: "1 brokers have not answered for 5 minutes; their partitions live on fewer replicas.",
    },
    silent: { series: { [controller(0, "fencedbrokercount")]: "0x2 1x3 0x20" }, at: "10m" },
    reproduce: { scenario: "broker-freeze" },
  },
  {
    name: "LogDirectoryOffline",
    severity: "page",
    expression: "node:offline_log_directories:max > 0",
    for: "1m",
    owner: "platform",
    summary: "{{ $labels.node }} cannot write to its disk: it serves none of the partitions that lie on it.",
    runbook: "full-disk",
    firing: {
      series: { [directories]: "1x10" },
      at: "5m",
      labels: node,
      summary: "kafka-broker-100 cannot write to its disk: it serves none of the partitions that lie on it.",
    },
    silent: { series: { [directories]: "0x10" }, at: "5m" },
    reproduce: { none: "filling the disk of the machine would stop everything else on it" },
  },
  {
    name: "DiskAlmostFull",
    severity: "page",
    expression: "node:disk_free:ratio < 0.1",
    for: "5m",
    owner: "platform",
    summary:
      "The disk of {{ $labels.node }} has {{ $value | humanizePercentage }} left; the broker stops when it is full.",
    runbook: "full-disk",
    firing: {
      series: disk(40, 0),
      at: "10m",
      labels: node,
      summary: "The disk of kafka-broker-100 has 8% left; the broker stops when it is full.",
    },
    silent: { series: disk(60, 0), at: "10m" },
    reproduce: { none: "filling the disk of the machine would stop everything else on it" },
  },
  {
    name: "DiskFilling",
    severity: "ticket",
    expression: "node:disk_free:ratio < 0.25 and node:disk_free:bytes_in_4h < 0",
    for: "30m",
    owner: "platform",
    summary:
      "The disk of {{ $labels.node }} has {{ $value | humanizePercentage }} left, and is full in less than 4 hours if it fills as in the last 6.",
    runbook: "full-disk",
    firing: {
      // 100 GiB are free and 0.5 GiB are used up each minute.
      series: disk(100, -0.5),
      at: "100m",
      labels: node,
      summary:
        "The disk of kafka-broker-100 has 10% left, and is full in less than 4 hours if it fills as in the last 6.",
    },
    // Little space is free and stays free, because retention keeps up.
    silent: { series: disk(100, -0.0625), at: "100m" },
    reproduce: { none: "filling the disk of the machine would stop everything else on it" },
  },
  {
    name: "RequestHandlersBusy",
    severity: "ticket",
    expression: "node:request_handlers_idle:ratio5m < 0.1",
    for: "15m",
    owner: "platform",
    summary:
      "The request handlers of {{ $labels.node }} are idle {{ $value | humanizePercentage }} of the time: requests queue.",
    runbook: "broker-load",
    firing: {
      // Nanoseconds: 3 of the 60 seconds.
      series: { [idle]: "0+3000000000x40" },
      at: "30m",
      labels: node,
      summary: "The request handlers of kafka-broker-100 are idle 5% of the time: requests queue.",
    },
    silent: { series: { [idle]: "0+48000000000x40" }, at: "30m" },
    reproduce: { none: "it takes more load than one machine should be given" },
  },
  {
    name: "QuotaThrottling",
    severity: "ticket",
    expression:
      'label_replace(user:produce_throttle_seconds:max > 0.1, "requests", "writes", "", "") or label_replace(user:fetch_throttle_seconds:max > 0.1, "requests", "reads", "", "")',
    for: "10m",
    owner: "user",
    summary:
      "Brokers delay the {{ $labels.requests }} of {{ $labels.user }} by {{ $value | humanizeDuration }} each: it exceeds its quota.",
    runbook: "quota-throttling",
    firing: {
      series: { [throttle("produce")]: "0x20", [throttle("fetch")]: "250x20" },
      at: "15m",
      labels: { user: "analytics-service", requests: "reads" },
      summary: "Brokers delay the reads of analytics-service by 250ms each: it exceeds its quota.",
    },
    silent: { series: { [throttle("produce")]: "0x20", [throttle("fetch")]: "250x4 0x20" }, at: "15m" },
    reproduce: { none: "it takes a load above the declared quotas, which are far above what one machine is given" },
  },
];

/** Alerts on the cluster. */
export const brokerAlerts: readonly Alert[] = [...partitions, ...machines];
