import * as z from "zod";
import { addressRange as cidr } from "../values/field-types.ts";
import {
  claimCheckStore,
  cloudNativePg,
  externalPostgres,
  externalRedis,
  inClusterRedis,
  registry,
} from "./stack-data-servers.ts";
import { kafka, strimzi } from "./stack-kafka.ts";
import { pods } from "./stack-pods.ts";
import { label, port } from "./stack-values.ts";
import { workloadSettings } from "./stack-workload.ts";

/**
 * Settings of an environment on Kubernetes: `kubernetes:` of a stack. This file holds only the servers. Their contents
 * (topics, users, subjects, databases) are equal on every substrate.
 */

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
      .meta({ description: "Issuer: claim iss of the tokens, for example https://login.example.com/." }),
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
      "Issuer of customers' tokens. Default: the kit itself, with a key in the stack's state, for trials only.",
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

/** The servers' part of `kubernetes:`. The services' part is in another file. */
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
