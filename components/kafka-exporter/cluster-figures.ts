/** The figures of a cluster that the exporter serves, and their text for Prometheus. Pure. */

/** A partition, with its oldest and its end offset. */
export interface PartitionFigures {
  readonly topic: string;
  readonly partition: number;
  /** Offset of the oldest retained record. */
  readonly oldest: number;
  /** Offset of the next record. */
  readonly end: number;
}

/** Position of a group in a partition. */
export interface GroupPosition {
  readonly topic: string;
  readonly partition: number;
  /** Committed offset. -1: the group has committed none. */
  readonly committed: number;
}

export interface GroupFigures {
  readonly group: string;
  readonly members: number;
  readonly positions: readonly GroupPosition[];
}

/** Size of a topic's records on one broker. */
export interface ReplicaSize {
  readonly broker: number;
  readonly topic: string;
  readonly bytes: number;
}

/** The disk of a broker's log directory. */
export interface DiskFigures {
  readonly broker: number;
  readonly totalBytes: number;
  readonly usableBytes: number;
}

export interface ClusterFigures {
  readonly partitions: readonly PartitionFigures[];
  readonly groups: readonly GroupFigures[];
  readonly sizes: readonly ReplicaSize[];
  readonly disks: readonly DiskFigures[];
}

/** A certificate and its expiry. */
export interface CertificateFigures {
  readonly name: string;
  /** Expiry in seconds since the epoch. */
  readonly notAfter: number;
}

/** A series with its value. */
interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** Returns the name of a broker in Prometheus. */
export type NodeName = (broker: number) => string;

/**
 * Returns the figures in Prometheus' text format, under the names of Kafka Exporter, in a stable order. Kafka Exporter
 * has neither sizes nor certificates, so their names are ours.
 */
export function exposition(
  figures: ClusterFigures,
  certificates: readonly CertificateFigures[],
  nodeName: NodeName,
): string {
  const ends = new Map(figures.partitions.map((item) => [`${item.topic}/${item.partition}`, item]));
  const byPartition = (value: (item: PartitionFigures) => number): readonly Sample[] =>
    figures.partitions.map((item) => ({
      labels: { partition: item.partition, topic: item.topic },
      value: value(item),
    }));
  const byPosition = (value: (position: GroupPosition) => number): readonly Sample[] =>
    figures.groups.flatMap(({ group, positions }) =>
      positions
        .filter(({ committed }) => committed >= 0)
        .map((position) => ({
          labels: { consumergroup: group, partition: position.partition, topic: position.topic },
          value: value(position),
        })),
    );
  /**
   * Returns the lag of a group in a partition. Records that were deleted before the group read them do not count,
   * because the group can no longer read them.
   */
  const lag = ({ topic, partition, committed }: GroupPosition): number => {
    const known = ends.get(`${topic}/${partition}`);
    return known === undefined ? -1 : Math.max(0, known.end - Math.max(committed, known.oldest));
  };
  return [
    family(
      "kafka_topic_partition_current_offset",
      "Offset of the next record of a partition",
      byPartition(({ end }) => end),
    ),
    family(
      "kafka_topic_partition_oldest_offset",
      "Offset of the oldest record that a partition keeps",
      byPartition(({ oldest }) => oldest),
    ),
    family(
      "kafka_consumergroup_current_offset",
      "Committed offset of a group",
      byPosition(({ committed }) => committed),
    ),
    family(
      "kafka_consumergroup_lag",
      "Records between the committed offset and the end of the partition",
      byPosition(lag),
    ),
    family(
      "kafka_consumergroup_members",
      "Members of a group",
      figures.groups.map(({ group, members }) => ({ labels: { consumergroup: group }, value: members })),
    ),
    family(
      "kafka_log_dir_size_bytes",
      "Size of a topic's replicas on a broker",
      figures.sizes.map(({ broker, topic, bytes }) => ({ labels: { node: nodeName(broker), topic }, value: bytes })),
    ),
    family(
      "kafka_log_dir_total_bytes",
      "Size of the disk that holds a broker's log directory",
      figures.disks.map(({ broker, totalBytes }) => ({ labels: { node: nodeName(broker) }, value: totalBytes })),
    ),
    family(
      "kafka_log_dir_usable_bytes",
      "Space left on that disk",
      figures.disks.map(({ broker, usableBytes }) => ({ labels: { node: nodeName(broker) }, value: usableBytes })),
    ),
    family(
      "certificate_not_after_timestamp_seconds",
      "When a certificate expires",
      certificates.map(({ name, notAfter }) => ({ labels: { certificate: name }, value: notAfter })),
    ),
  ].join("");
}

function family(name: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.map(({ labels, value }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(String(text))}"`);
    return `${name}{${pairs.join(",")}} ${value}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.toSorted().join("")}`;
}

/** Escapes the value of a label, because group names come from outside. */
function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
