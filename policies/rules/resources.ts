import * as z from "zod";
import type { ResourceFacts } from "../facts.ts";
import { topicKindOf } from "../facts.ts";
import { type Breach, type Rule, rule, ruleWith } from "../rule.ts";

const topic = (name: string, more: string): string =>
  `- {type: kafka:index/topic:Topic, name: ${name}, ${more}, props: {name: order-events, partitions: 12, replicationFactor: 3, config: {min.insync.replicas: "2"}}}`;

const stateful = [
  "kafka:index/topic:Topic",
  "postgresql:index/database:Database",
  "kubernetes:kafka.strimzi.io/v1:Kafka",
  "kubernetes:kafka.strimzi.io/v1:KafkaNodePool",
  "kubernetes:postgresql.cnpg.io/v1:Cluster",
  "kubernetes:core/v1:PersistentVolumeClaim",
];

/** Names of settings with a secret value. */
const secretName = /(^|[_.-]|(?<=[a-z]))(password|passwd|passphrase|secret|token|api_?key|private_?key|credentials?)$/i;
/** Harmless values of such a setting: a path, a reference, a switch. */
const harmless = /^$|^[./~]|^(true|false|null|\d{1,6})$|^\$\{|^(file|secretRef|https?):/i;

/** Rules on resources themselves: deletion and secrets. */
export const resourceRules: readonly Rule[] = [
  rule({
    id: "resource-name",
    subject: "resources",
    level: "warning",
    summary: "A topic's resource has the topic's name.",
    rationale:
      "A resource that is named by its index in a list is replaced when a neighbour is removed: the topic is deleted with its data.",
    wrong: { resources: topic("topic-3", "protect: true") },
    right: { resources: topic("order-events", "protect: true") },
    checks: () => ({
      resource({ type, name, props }) {
        if (type !== "kafka:index/topic:Topic" || typeof props.name !== "string" || props.name === name)
          return undefined;
        return { message: `the topic ${props.name} is the resource ${name}`, fix: `name the resource ${props.name}` };
      },
    }),
  }),
  ruleWith({
    id: "protected-resource",
    subject: "resources",
    level: "error",
    summary: "Resources with data are protected against deletion.",
    rationale:
      "One mistake in a program deletes a topic with its records or a database with its rows, without a confirmation. On one machine (substrate local), data is not meant to last.",
    parameters: z.strictObject({ types: z.array(z.string()).default(stateful), local: z.boolean().default(false) }),
    wrong: {
      stack: "policies: {protected-resource: {local: true}}",
      resources: topic("order-events", "protect: false"),
    },
    right: {
      stack: "policies: {protected-resource: {local: true}}",
      resources: topic("order-events", "protect: true"),
    },
    checks: ({ types, local }) => {
      const guarded = new Set(types);
      return {
        resource(resource, { stack }) {
          if (
            resource.protect ||
            !guarded.has(resource.type) ||
            (stack.substrate === "local" && !local) ||
            isDerivedTopic(resource)
          )
            return undefined;
          return { message: `${resource.name} has data and is not protected`, fix: "set the option protect: true" };
        },
      };
    },
  }),
  rule({
    id: "plain-secret",
    subject: "resources",
    level: "error",
    summary: "No secret is in a readable place.",
    rationale:
      "Commands such as ps and kubectl, logs and crash reports show environment variables, arguments and config maps. Put a secret into a secret file or a Secret.",
    wrong: {
      resources:
        '- {type: "kubernetes:core/v1:ConfigMap", name: settings, props: {apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {DATABASE_PASSWORD: hunter2hunter2}}}',
    },
    right: {
      resources:
        '- {type: "kubernetes:core/v1:ConfigMap", name: settings, props: {apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {DATABASE_PASSWORD_FILE: /run/secrets/database}}}',
    },
    checks: () => ({
      resource: (resource) =>
        openPlaces(resource).flatMap(({ path, key, value }): Breach[] => {
          if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(value))
            return [{ message: `${path} contains a private key`, fix: "put it into a secret file, or a Secret" }];
          if (secretName.test(key) && !harmless.test(value))
            return [
              {
                message: `${path} looks like a plain-text secret`,
                fix: "put it into a secret file and give its path",
              },
            ];
          return [];
        }),
    }),
  }),
  rule({
    id: "kafka-tls",
    subject: "resources",
    level: "error",
    summary: "The administrator's connection to Kafka is encrypted and verified.",
    rationale: "The connection transfers the hashes of all passwords.",
    wrong: {
      resources:
        '- {type: "pulumi:providers:kafka", name: kafka-admin, props: {bootstrapServers: \'["kafka:9092"]\', tlsEnabled: "false"}}',
    },
    right: {
      resources:
        '- {type: "pulumi:providers:kafka", name: kafka-admin, props: {bootstrapServers: \'["kafka:9093"]\', tlsEnabled: "true", caCert: "-----BEGIN CERTIFICATE-----"}}',
    },
    checks: () => ({
      resource({ type, props }) {
        if (type !== "pulumi:providers:kafka") return undefined;
        if (String(props.tlsEnabled) === "false")
          return { message: "the connection is not encrypted", fix: "set tlsEnabled: true and give caCert" };
        if (String(props.skipTlsVerify) === "true")
          return { message: "the server's certificate is not verified", fix: "delete skipTlsVerify and give caCert" };
        return undefined;
      },
    }),
  }),
];

/** Returns whether a topic is a dead-letter or retry topic, which follows from a consumer and is removed with it. */
function isDerivedTopic({ type, props }: ResourceFacts): boolean {
  return (
    type === "kafka:index/topic:Topic" &&
    typeof props.name === "string" &&
    topicKindOf(props.name) !== "event" &&
    topicKindOf(props.name) !== "registry"
  );
}

interface OpenPlace {
  readonly path: string;
  readonly key: string;
  readonly value: string;
}

/** Returns the values of a resource that are not secret by their nature: environments, arguments, config maps. */
function openPlaces({ type, props }: ResourceFacts): OpenPlace[] {
  if (type === "kit:index:Process") return [...mapPlaces("env", props.env), ...listPlaces("command", props.command)];
  if (type === "kubernetes:core/v1:ConfigMap") return mapPlaces("data", props.data);
  return type.startsWith("kubernetes:") ? containerPlaces(props, "", 0) : [];
}

function mapPlaces(path: string, map: unknown): OpenPlace[] {
  return isObject(map)
    ? Object.entries(map).flatMap(([key, value]) =>
        typeof value === "string" ? [{ path: `${path}.${key}`, key, value }] : [],
      )
    : [];
}

/** Returns the values of arguments such as `--password=…` and `--password …`. */
function listPlaces(path: string, list: unknown): OpenPlace[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((item: unknown, index) => {
    if (typeof item !== "string") return [];
    const [, key = "", inline] = /^--?([\w.-]+)(?:=(.*))?$/s.exec(item) ?? [];
    const next: unknown = list[index + 1];
    const value = inline ?? (key !== "" && typeof next === "string" && !next.startsWith("-") ? next : item);
    return [{ path: `${path}[${index}]`, key, value: key === "" ? item : value }];
  });
}

const deepest = 32;

/** Returns the values in environments and arguments of containers, wherever a pod template is. */
function containerPlaces(value: unknown, path: string, depth: number): OpenPlace[] {
  if (depth > deepest) return [];
  if (Array.isArray(value))
    return value.flatMap((item, index) => containerPlaces(item, `${path}[${index}]`, depth + 1));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const at = path === "" ? key : `${path}.${key}`;
    if (key === "env" && Array.isArray(inner)) {
      return inner.flatMap((each: unknown) =>
        isObject(each) && typeof each.name === "string" && typeof each.value === "string"
          ? [{ path: `${at}.${each.name}`, key: each.name, value: each.value }]
          : [],
      );
    }
    if (key === "command" || key === "args") return listPlaces(at, inner);
    return containerPlaces(inner, at, depth + 1);
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
