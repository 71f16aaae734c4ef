/** Settings of the schema registry, PostgreSQL, Redis and the claim-check store under `kubernetes` of a stack. */
import * as z from "zod";
import { addressRange as cidr, count, name } from "../values/field-types.ts";
import { disk } from "./stack-kafka.ts";
import { pods } from "./stack-pods.ts";
import { cpu, host, image, memory, port, storageClass } from "./stack-values.ts";

export const registry = z
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

export const externalPostgres = z
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

export const cloudNativePg = z
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

export const externalRedis = z
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

export const inClusterRedis = z
  .strictObject({
    image: image("Image of Redis. Default: the official one of the pinned release.").optional(),
    cpu: cpu("CPUs requested. Default: 100m.").default("100m"),
    memory: memory("Memory, requested and limit; the cache takes three quarters of it. Default: 512MiB.").prefault(
      "512MiB",
    ),
    pods: pods.optional(),
  })
  .meta({ description: "A cache in the cluster: TLS, a user per service, nothing on disk." });

export const claimCheckStore = z
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
