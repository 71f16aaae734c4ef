import * as z from "zod";
import { durationUnits, parseDuration } from "../values/duration.ts";
import { addressRange as cidr, count, name, quantity } from "../values/field-types.ts";
import { slugPattern } from "../values/names.ts";
import { parseSize, sizeUnits } from "../values/size.ts";
import { pods } from "./stack-pods.ts";
import { workloadSettings } from "./stack-workload.ts";

/**
 * Settings of an environment on Kubernetes, `kubernetes:` of a stack. Only servers stand here; what runs
 * in them (topics, users, subjects, databases) is the same on every substrate.
 */

const gib = 2 ** 30;

const label = (description: string) =>
  name(slugPattern, "lower-case letters, digits and single dashes, starting with a letter, at most 50", description);
const storageClass = name(
  "^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$",
  "the name of a StorageClass",
  "StorageClass; use one with volumeBindingMode WaitForFirstConsumer. Default: the cluster's default class.",
);
const host = name("^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$", "a host name or address", "Host name or address.");
const port = (description: string) => count(1, 65_535, description);
const size = (description: string) => quantity(sizeUnits, parseSize, description);
const duration = (description: string) => quantity(durationUnits, parseDuration, description);

/** Image with a tag, better with a digest too. */
const image = (description: string) =>
  name(
    "^[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)+(:[A-Za-z0-9._-]{1,128})?(@sha256:[0-9a-f]{64})?$",
    "an image such as registry.example.com/team/app:1.2@sha256:…",
    description,
  );

/** CPUs of a server: whole ones or thousandths. */
const cpu = (description: string) =>
  name("^([1-9][0-9]*|[1-9][0-9]*m)$", 'a number of CPUs such as "4" or "500m"', description).meta({
    description,
    examples: ["4", "500m"],
  });

const memory = (description: string) =>
  size(description).refine((bytes) => bytes >= 256 * 2 ** 20 && bytes % 2 ** 20 === 0, {
    error: "memory must be at least 256MiB and a whole number of MiB",
  });

/** Heap is half of it, and with the default buffer of the log cleaner (128 MB) Kafka ends at its start with a heap of 192 MB; with 256 MB it runs. */
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

const disk = size("Size of one volume. It can grow, never shrink.").refine(
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

const external = z
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

/** Kafka versions of the pinned Strimzi release, with the metadata version each brings. */
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

const kafka = z
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
  .meta({ description: "The Strimzi cluster. Zones, brokers per zone and controllers stand in kafka: of the stack." });

const strimzi = z
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

const registry = z
  .strictObject({
    image: image("Image of Apicurio Registry. Default: its own of the pinned release.").optional(),
    replicas: count(1, 9, "Pods. Default: 2.").default(2),
    cpu: cpu("CPUs requested. Default: 500m.").default("500m"),
    memory: memory("Memory, requested and limit. Default: 1GiB.").prefault("1GiB"),
    reachedAt: z
      .url({ protocol: /^https?$/ })
      .meta({
        description:
          "Address under which the machine that runs Pulumi reaches the registry. Default: its Service's name in the cluster.",
      })
      .optional(),
    pods: pods.optional(),
  })
  .prefault({})
  .meta({ description: "The schema registry." });

const externalPostgres = z
  .strictObject({
    host,
    port: port("Default: 5432.").default(5_432),
    adminUser: z.string().min(1).max(63).meta({
      description:
        "Role that may create roles and databases. Its password is the secret event-platform:postgresAdminPassword.",
    }),
    caFile: z
      .string()
      .min(1)
      .meta({ description: "PEM file with the authority of the server's certificate, relative to the project." }),
    superuser: z
      .boolean()
      .meta({ description: "Whether the admin is a superuser; managed servers give none. Default: false." })
      .default(false),
    cidrs: z.array(cidr).min(1).meta({ description: "Addresses of the server, for network policies." }),
  })
  .meta({ description: "A server outside the cluster, for example a managed one." });

const cloudNativePg = z
  .strictObject({
    instances: count(1, 9, "Servers: one primary, the rest standbys. Default: 3.").default(3),
    image: image("Image of PostgreSQL. Default: the operator's.").optional(),
    cpu: cpu("CPUs requested. Default: 1.").default("1"),
    memory: memory("Memory, requested and limit. Default: 4GiB.").prefault("4GiB"),
    storage: disk.prefault("100GiB"),
    storageClass: storageClass.optional(),
    reachedAt: z
      .strictObject({ host, port: port("Default: 5432.").default(5_432) })
      .meta({
        description:
          "Address under which the machine that runs Pulumi reaches the primary. Default: its Service's name in the cluster.",
      })
      .optional(),
    pods: pods.optional(),
  })
  .meta({ description: "Servers in the cluster, run by the CloudNativePG operator, which is there already." });

const externalRedis = z
  .strictObject({
    host,
    port: port("Default: 6379.").default(6_379),
    tls: z.boolean().meta({ description: "Whether the connection is encrypted. Default: true." }).default(true),
    caFile: z
      .string()
      .min(1)
      .meta({
        description:
          "PEM file with the authority of the server's certificate, relative to the project. Needed with tls.",
      })
      .optional(),
    cidrs: z.array(cidr).min(1).meta({ description: "Addresses of the server, for network policies." }),
  })
  .meta({
    description:
      "A server outside the cluster. Its users, named like their services, are made there; the secret event-platform:redisPassword-<service> holds a service's password.",
  });

const inClusterRedis = z
  .strictObject({
    image: image("Image of Redis. Default: the official one of the pinned release.").optional(),
    cpu: cpu("CPUs requested. Default: 100m.").default("100m"),
    memory: memory("Memory, requested and limit; the cache takes three quarters of it. Default: 512MiB.").prefault(
      "512MiB",
    ),
    pods: pods.optional(),
  })
  .meta({ description: "A cache in the cluster: TLS, a user per service, nothing on disk." });

const claimCheckStore = z
  .strictObject({
    endpoint: z.url({ protocol: /^https?$/ }).meta({
      description: "Address of an S3-compatible server, for example https://s3.eu-central-1.amazonaws.com.",
      examples: ["https://s3.eu-central-1.amazonaws.com"],
    }),
    region: z
      .string()
      .regex(/^[a-z0-9-]{1,63}$/)
      .meta({
        description:
          "Region that requests are signed for. Default: us-east-1, which most servers beside Amazon's accept.",
      })
      .default("us-east-1"),
    bucket: name(
      "^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
      "a bucket's name: lower-case letters, digits, '.' and '-', 3 to 63 characters",
      "Bucket that holds the contents. It exists already.",
      "order-platform-claim-checks",
    ),
    caFile: z
      .string()
      .min(1)
      .meta({
        description:
          "PEM file with the authority of the server's certificate, relative to the project. Default: the public authorities.",
      })
      .optional(),
    cidrs: z.array(cidr).min(1).meta({ description: "Addresses of the server, for network policies." }),
  })
  .meta({
    description:
      "S3-compatible store of claim checks. The secrets event-platform:claimCheckKeyId-<service> and event-platform:claimCheckSecretKey-<service> hold a service's credentials.",
  });

const namespaces = z
  .strictObject({
    kafka: label("Kafka and its operator. Default: kafka.").default("kafka"),
    platform: label("Registry, databases and cache. Default: platform.").default("platform"),
    services: label("The services. Default: services.").default("services"),
  })
  .prefault({})
  .meta({ description: "Namespaces, made by the program, with pod security level restricted." });

const identity = z
  .strictObject({
    issuer: z
      .url({ protocol: /^https$/ })
      .meta({ description: "Who signs: claim iss of the tokens, for example https://login.example.com/." }),
    audience: z
      .string()
      .min(1)
      .max(200)
      .meta({ description: "Claim aud of the tokens. Default: order-platform." })
      .default("order-platform"),
    keysFile: z.string().min(1).meta({
      description:
        "File with the issuer's public keys (JSON Web Key Set, a key for ES256 among them), relative to the project.",
    }),
  })
  .meta({
    description:
      "Who signs customers' tokens. Default: the kit itself, with a key in the stack's state: for trying out, not for customers.",
  });

const dns = z
  .strictObject({
    namespace: label("Namespace of the name service's pods. Default: kube-system.").default("kube-system"),
    podLabels: z
      .record(z.string().min(1), z.string())
      .meta({ description: "Labels of its pods. Default: {k8s-app: kube-dns}, which CoreDNS has nearly everywhere." })
      .default({ "k8s-app": "kube-dns" }),
    addresses: z
      .array(cidr)
      .max(16)
      .meta({
        description:
          "Further addresses that answer look-ups, for example 169.254.20.10/32 of a cache on each node. Default: none.",
      })
      .default([]),
    ports: z
      .array(port("A port."))
      .min(1)
      .max(4)
      .meta({ description: "Ports of its pods. Default: 53; OpenShift's listen on 5353." })
      .default([53]),
  })
  .prefault({})
  .meta({ description: "The cluster's name service, which every pod must reach." });

/** The part of `kubernetes:` that describes servers; the services' part stands beside it. */
const kubernetesServers = {
  context: z
    .string()
    .min(1)
    .meta({
      description:
        "Context of the kubeconfig that belongs to this environment; another one is never used by mistake. Default: the current context.",
    })
    .optional(),
  protect: z
    .boolean()
    .meta({ description: "Whether Pulumi refuses to delete what holds data. Default: true." })
    .default(true),
  namespaces,
  apiServers: z
    .array(cidr)
    .min(1)
    .meta({
      description:
        "Addresses of the Kubernetes API, which operators and brokers must reach. Default: any, on the ports of apiServerPorts.",
    })
    .default(["0.0.0.0/0", "::/0"]),
  apiServerPorts: z
    .array(port("A port."))
    .min(1)
    .max(4)
    .meta({
      description:
        "Ports of the Kubernetes API, as a Service and on its servers; some clusters use 8443 or 16443. Default: 443 and 6443.",
    })
    .default([443, 6_443]),
  dns,
  pods: pods
    .meta({ description: "Where all pods run and how their images are fetched; parts may differ. Default: any node." })
    .optional(),
  identity: identity.optional(),
  strimzi,
  kafka,
  registry,
  postgres: z
    .strictObject({ external: externalPostgres.optional(), cloudNativePg: cloudNativePg.optional() })
    .refine((value) => (value.external === undefined) !== (value.cloudNativePg === undefined), {
      error: "needs exactly one of external and cloudNativePg",
    })
    .meta({ description: "Where PostgreSQL runs: external or cloudNativePg." }),
  redis: z
    .strictObject({ external: externalRedis.optional(), inCluster: inClusterRedis.optional() })
    .refine((value) => (value.external === undefined) !== (value.inCluster === undefined), {
      error: "needs exactly one of external and inCluster",
    })
    .meta({ description: "Where Redis runs: external or inCluster." }),
  claimCheckStore: claimCheckStore.optional(),
};

const servers = z.strictObject(kubernetesServers);

/** Format of `kubernetes:` in a stack's settings. */
export const kubernetesSettings = z
  .strictObject({ ...kubernetesServers, workloads: workloadSettings })
  .meta({ description: "Servers and services on Kubernetes; needed with substrate: kubernetes." });

/** Settings of the servers on Kubernetes, sizes in bytes, durations in ms. */
export type KubernetesServers = z.output<typeof servers>;
/** Settings of the Strimzi cluster. */
export type StrimziSettings = KubernetesServers["kafka"];
