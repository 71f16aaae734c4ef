/** Settings of the Kafka cluster and its operator: `kubernetes.kafka` and `kubernetes.strimzi` of a stack. */
import * as z from "zod";
import { addressRange as cidr, name } from "../values/field-types.ts";
import { pods } from "./stack-pods.ts";
import { cpu, duration, gib, host, image, label, memory, port, size, storageClass } from "./stack-values.ts";

/**
 * Minimum memory of a node. The heap is half of it. With the default buffer of the log cleaner (128 MB), Kafka exits on
 * start with a heap of 192 MB, and runs with 256 MB.
 */
const LEAST_NODE_MEMORY = 512 * 2 ** 20;

const nodeMemory = (description: string) =>
  memory(description).refine((bytes) => bytes >= LEAST_NODE_MEMORY, {
    error: "memory of a broker or controller must be at least 512MiB: with less Kafka does not start",
  });

const nodeResources = (cpuDefault: string, memoryDefault: string) => ({
  cpu: cpu(`CPUs requested. Default: ${cpuDefault}.`).default(cpuDefault),
  memory: nodeMemory(
    `Memory, requested and limit. Heap is half of it, at most 6GiB; the rest is page cache. Default: ${memoryDefault}.`,
  ).prefault(memoryDefault),
});

export const disk = size("Size of one volume. It can grow, never shrink.").refine(
  (bytes) => bytes >= gib && bytes % gib === 0,
  { error: "a volume must be a whole number of GiB, at least 1GiB" },
);

const broker = z
  .strictObject({
    ...nodeResources("4", "32GiB"),
    volumes: z
      .array(disk)
      .min(1)
      .max(16)
      .meta({ description: "Volumes of each broker, by place: add at the end, never take away. Default: two of 1TiB." })
      .prefault(["1TiB", "1TiB"]),
    storageClass: storageClass.optional(),
    pods: pods.optional(),
  })
  .prefault({})
  .meta({ description: "Size of each broker." });

const controller = z
  .strictObject({
    ...nodeResources("1", "4GiB"),
    volume: disk.prefault("20GiB"),
    storageClass: storageClass.optional(),
    pods: pods.optional(),
  })
  .prefault({})
  .meta({ description: "Size of each controller." });

const adminListener = z
  .strictObject({
    type: z
      .enum(["internal", "loadbalancer", "nodeport"])
      .meta({
        description:
          "How the machine that runs Pulumi reaches the brokers: internal (it runs in the cluster's network), loadbalancer or nodeport. Default: internal.",
      })
      .default("internal"),
    namespaces: z
      .array(label("A namespace."))
      .min(1)
      .max(16)
      .meta({
        description: "Namespaces whose pods may connect with type internal: where Pulumi runs. Default: pulumi.",
      })
      .default(["pulumi"]),
    sourceRanges: z
      .array(cidr)
      .max(64)
      .meta({ description: "Addresses that may connect with the types loadbalancer and nodeport." })
      .default([]),
    annotations: z
      .record(z.string(), z.string())
      .meta({ description: "Annotations of the load balancers, for example to make them internal." })
      .default({}),
  })
  .prefault({})
  .meta({ description: "Listener for the admin: mutual TLS." });

export const external = z
  .strictObject({
    bootstrapHost: host.meta({
      description: "Name under which clients outside the cluster find it, for example kafka.example.com.",
    }),
    brokerHostTemplate: z
      .string()
      .regex(/^[a-z0-9.-]*\{nodeId\}[a-z0-9.-]*$/, {
        error: (issue) =>
          `${JSON.stringify(issue.input)} is no template of a host: it must hold {nodeId}, for example b-{nodeId}.kafka.example.com`,
      })
      .meta({ description: "Name of each broker, for example b-{nodeId}.kafka.example.com." }),
    certificateSecret: label(
      "Secret (tls.crt, tls.key) in Kafka's namespace with a certificate for these names. Default: a certificate of the cluster's own authority.",
    ).optional(),
    sourceRanges: z.array(cidr).min(1).max(64).meta({ description: "Addresses that may connect." }),
    annotations: z
      .record(z.string(), z.string())
      .meta({ description: "Annotations of the load balancers." })
      .default({}),
  })
  .meta({
    description:
      "Listener for clients outside the cluster: TLS and SCRAM-SHA-512 through load balancers. Default: none.",
  });

/** Kafka versions of the pinned Strimzi release, with the metadata version of each. */
export const kafkaVersions = {
  "4.2.0": "4.2-IV1",
  "4.2.1": "4.2-IV1",
  "4.3.0": "4.3-IV0",
  "4.3.1": "4.3-IV0",
} as const;

const kafkaVersion = z.enum(["4.2.0", "4.2.1", "4.3.0", "4.3.1"]);

const remoteStorage = z
  .strictObject({
    className: name(
      "^[A-Za-z_$][A-Za-z0-9_$]*(\\.[A-Za-z_$][A-Za-z0-9_$]*)+$",
      "the full name of a Java class",
      "Class of the RemoteStorageManager.",
      "io.aiven.kafka.tieredstorage.RemoteStorageManager",
    ),
    classPath: z
      .string()
      .min(1)
      .meta({
        description: "Where its jars lie in the brokers' image (strimzi.kafkaImages).",
        examples: ["/opt/kafka/plugins/tiered-storage/*"],
      }),
    config: z
      .record(z.string(), z.string())
      .meta({
        description: "Settings of the RemoteStorageManager. No secrets: let pods authenticate by their identity.",
      })
      .default({}),
    cidrs: z.array(cidr).min(1).max(64).meta({ description: "Addresses of the store, for network policies." }),
    port: port("Port of the store. Default: 443.").default(443),
  })
  .meta({
    description:
      "Tiered storage: closed segments are copied to a store, for topics with remoteStorage. Default: the brokers have none.",
  });

export const kafka = z
  .strictObject({
    name: label("Name of the Kafka resource; prefix of its Services and Secrets. Default: kafka.").default("kafka"),
    version: kafkaVersion
      .meta({
        description: "Version of the brokers. Raise it first, metadataVersion once all runs well. Default: 4.3.1.",
      })
      .default("4.3.1"),
    metadataVersion: z
      .enum(["4.2-IV1", "4.3-IV0"])
      .meta({ description: "Format of the cluster's metadata; there is no way back. Default: 4.3-IV0." })
      .default("4.3-IV0"),
    zoneLabels: z
      .record(z.string(), z.string())
      .meta({
        description: "Value of the nodes' zone label by zone, where it differs, for example {zone-a: eu-central-1a}.",
      })
      .default({}),
    topologyKey: z
      .string()
      .min(1)
      .meta({ description: "Label of the nodes that names the zone. Default: topology.kubernetes.io/zone." })
      .default("topology.kubernetes.io/zone"),
    spread: z
      .enum(["required", "preferred"])
      .meta({
        description:
          "Whether each broker must have a node of its own. preferred is for small environments. Default: required.",
      })
      .default("required"),
    broker,
    controller,
    config: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .meta({ description: "Further broker settings. Those the operator owns or would drop are refused." })
      .default({}),
    adminListener,
    external: external.optional(),
    remoteStorage: remoteStorage.optional(),
    cruiseControl: z
      .boolean()
      .meta({ description: "Whether Cruise Control runs and moves partitions when brokers come or go. Default: true." })
      .default(true),
    exporter: z
      .boolean()
      .meta({ description: "Whether Kafka Exporter publishes the lag of consumer groups. Default: true." })
      .default(true),
    maintenanceWindows: z
      .array(z.string().min(1))
      .max(16)
      .meta({
        description:
          "When certificates may be renewed with rolling restarts: Quartz cron, UTC. Default: Sundays from 1 to 5.",
      })
      .default(["* * 1-4 ? * SUN *"]),
    readyWithin: duration("How long a change may take until the cluster is ready again. Default: 1h.").prefault("1h"),
  })
  .prefault({})
  .meta({ description: "The Strimzi cluster. Zones, brokers per zone and controllers are in kafka: of the stack." });

export const strimzi = z
  .strictObject({
    operator: z
      .enum(["installed", "existing"])
      .meta({
        description:
          "installed: by this program, watching Kafka's namespace alone. existing: there already, and watching it. Default: installed.",
      })
      .default("installed"),
    image: image("Image of the operator. Default: Strimzi's own of the pinned release.").optional(),
    kafkaImages: z
      .partialRecord(kafkaVersion, image("Image of Kafka in a version."))
      .meta({
        description: "Images of Kafka by version, for a registry of your own or by digest. Default: Strimzi's own.",
      })
      .optional(),
    pods: pods.optional(),
  })
  .prefault({})
  .meta({ description: "The operator that runs Kafka." });
