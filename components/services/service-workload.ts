import type * as pulumi from "@pulumi/pulumi";
import type { PostgresEndpoint, RedisEndpoint } from "../databases/endpoints.ts";
import type { ServiceDatabase } from "../databases/service-database.ts";
import type { KafkaAccess } from "../kafka/access.ts";
import type { KafkaCluster } from "../kafka/cluster.ts";
import type { KafkaTopics } from "../kafka/topics.ts";
import { compareText } from "../model/problems/problem.ts";
import { formatNames, formatOf } from "../model/schemas/schema-format.ts";
import type { TracingSettings } from "../model/stack/stack-tracing.ts";
import { isPlatformVariable } from "../model/values/names.ts";
import type { PlannedTopic, PlatformPlan, ServiceContract } from "../plan/types.ts";
import type { SchemaRegistry } from "../schemas/registry.ts";
import type { SchemaSubjects } from "../schemas/subjects.ts";
import type { ClaimCheckEndpoint } from "./claim-check-store.ts";
import type { ServiceTemplate } from "./template.ts";
import type { TokenKeys } from "./token-issuer.ts";
import type { SchemaFile, ServerKind, Workload, WorkloadFile, WorkloadGroup } from "./workload.ts";

/** Servers that a service may connect to. Every substrate provides them. */
export interface ServiceConnections {
  readonly cluster: KafkaCluster;
  readonly topics: KafkaTopics;
  readonly access: KafkaAccess;
  readonly registry: SchemaRegistry;
  readonly subjects: SchemaSubjects;
  readonly postgres: PostgresEndpoint;
  readonly redis: RedisEndpoint;
  /** Absent if the environment has no store. */
  readonly claimChecks?: ClaimCheckEndpoint;
  readonly tokens: TokenKeys;
  /** Folder with the Avro schemas, as the service sees it. */
  readonly schemasDir: string;
  /** Returns the base URL of a service by its name. */
  urlOf(service: string): string;
}

/** Arguments of {@link serviceWorkload}. */
export interface ServiceWorkloadArgs {
  readonly template: ServiceTemplate;
  readonly replicas: number;
  /** Variables that the stack adds to those of the platform. Default: none. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Receiver of spans. Undefined: services send none. */
  readonly tracing?: TracingSettings | undefined;
  /** Absent if no topic names the service. */
  readonly contract: ServiceContract | undefined;
  /** Absent if the template has no database. */
  readonly database: ServiceDatabase | undefined;
  readonly connections: ServiceConnections;
  /** Topics and schemas of the whole platform. */
  readonly plan: Pick<PlatformPlan, "topics" | "subjects" | "sharedSubjects">;
  /** Services that it calls. They start first. */
  readonly called: readonly pulumi.Resource[];
  /** Names of the services that call it. */
  readonly callers: readonly string[];
}

interface Part {
  readonly environment?: Record<string, pulumi.Input<string>>;
  readonly files?: readonly WorkloadFile[];
  readonly connects?: readonly ServerKind[];
  readonly dependsOn?: readonly pulumi.Resource[];
}

/**
 * Converts a template's contract to a workload. The workload gets only what the template requests, so a service without
 * a database receives no database settings. docs/guide/services.md lists the variables and files.
 */
export function serviceWorkload(args: ServiceWorkloadArgs): Workload {
  const { template } = args;
  const parts = [kafka(args), database(args), redis(args), claimChecks(args), tokens(args), calls(args), tracing(args)];
  const group = template.kafka ? consumerGroup(args.contract, args.plan.topics) : undefined;
  const migrations = args.database?.migrations;
  return {
    name: template.name,
    entry: template.runtime.entry,
    replicas: args.replicas,
    environment: {
      LOG_LEVEL: "info",
      ...added(args, parts),
      ...Object.assign({}, ...parts.map((part) => part.environment ?? {})),
    },
    files: parts.flatMap((part) => part.files ?? []),
    schemas: template.kafka && args.contract !== undefined ? contractSchemas(args.contract, args.plan) : [],
    http: template.http?.port ?? false,
    exposed: template.exposed,
    management: template.management,
    resources: template.resources,
    ...(group === undefined ? {} : { group }),
    connects: parts.flatMap((part) => part.connects ?? []).sort(compareText),
    calls: [...template.calls].sort(compareText),
    calledBy: [...args.callers].sort(compareText),
    ...(migrations === undefined || template.database === undefined
      ? {}
      : { migrations: { folder: template.database.migrations, ...migrations } }),
    dependsOn: parts.flatMap((part) => part.dependsOn ?? []),
  };
}

/**
 * Returns the stack's own variables. A variable that the platform sets is refused, because it would be lost or break
 * the service.
 */
function added(
  { template, environment = {} }: ServiceWorkloadArgs,
  parts: readonly Part[],
): Readonly<Record<string, string>> {
  const taken = new Set(
    parts.flatMap(({ environment: own = {}, files = [] }) => [
      ...Object.keys(own),
      ...files.map(({ variable }) => variable),
    ]),
  );
  const twice = Object.keys(environment).find((name) => taken.has(name) || isPlatformVariable(name));
  if (twice !== undefined)
    throw new Error(`services.${template.name}.env sets ${twice}, which the platform sets; take it out.`);
  return environment;
}

/**
 * Returns the consumer group of a service, with the partitions of its topics; undefined if the service consumes
 * nothing.
 */
export function consumerGroup(
  contract: ServiceContract | undefined,
  topics: readonly PlannedTopic[],
): WorkloadGroup | undefined {
  if (contract?.group === undefined || contract.consumes.length === 0) return undefined;
  const read = new Set([...contract.consumes, ...contract.retryTopics].map(({ topic }) => topic));
  return {
    name: contract.group,
    topics: topics
      .filter((topic) => read.has(topic.name))
      .map(({ name, partitions }) => ({ name, partitions }))
      .sort((a, b) => compareText(a.name, b.name)),
  };
}

/**
 * Returns the schemas that a contract names, each once. Every event of every topic and every shared type has a subject,
 * which holds its text.
 * @throws {Error} if the plan has no subject for an event or a type of the contract.
 */
export function contractSchemas(
  contract: ServiceContract,
  { subjects, sharedSubjects }: Pick<PlatformPlan, "subjects" | "sharedSubjects">,
): readonly SchemaFile[] {
  const events = [
    ...contract.publishes,
    ...contract.consumes.flatMap(({ topic, events: handled }) => handled.map((event) => ({ ...event, topic }))),
  ];
  const textOf = (subject: { readonly schema: string } | undefined, what: string): string => {
    if (subject === undefined)
      throw new Error(`${contract.service} needs the schema of ${what}, which has no subject in the plan.`);
    return subject.schema;
  };
  const files = [
    ...events.map(({ topic, event, schema }): [string, string] => [
      schema,
      textOf(
        subjects.find((candidate) => candidate.topic === topic && candidate.eventType === event),
        `${event} on ${topic}`,
      ),
    ]),
    ...(contract.types ?? []).map(({ name, schema }): [string, string] => [
      schema,
      textOf(
        sharedSubjects.find((candidate) => candidate.name === name),
        name,
      ),
    ]),
  ];
  return [...new Map(files)].map(([path, content]) => ({ path, content })).sort((a, b) => compareText(a.path, b.path));
}

function tracing({ tracing: settings }: ServiceWorkloadArgs): Part {
  if (settings === undefined) return {};
  const { endpoint, ratio } = settings;
  return {
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER_ARG: String(ratio) },
    connects: ["traces"],
  };
}

function kafka({ template, contract, connections }: ServiceWorkloadArgs): Part {
  if (!template.kafka) return {};
  if (contract === undefined) {
    throw new Error(
      `${template.name} asks for Kafka, but no file in topics/ names it as a producer or consumer; add it there or set "kafka: false".`,
    );
  }
  const foreign = [...contract.publishes, ...contract.consumes.flatMap(({ events }) => events)].find(
    ({ schema }) => formatOf(schema) !== "avro",
  );
  if (foreign !== undefined)
    throw new Error(
      `${template.name} uses ${foreign.event}, whose schema is ${formatNames[formatOf(foreign.schema)]}; the service library encodes and decodes Avro only. Give the event an Avro schema, or run the service outside the kit.`,
    );
  const { cluster, access, registry } = connections;
  const topics = [
    ...contract.consumes.map((consumed) => consumed.topic),
    ...contract.publishes.map((event) => event.topic),
    contract.deadLetterTopic,
    ...contract.retryTopics.map(({ topic }) => topic),
  ];
  const subjects = contract.publishes.map((event) => event.subject);
  return {
    environment: {
      KAFKA_BROKERS: cluster.bootstrap.apply((addresses) => addresses.join(",")),
      KAFKA_USERNAME: template.name,
      SCHEMAS_DIR: connections.schemasDir,
      SCHEMA_REGISTRY_URL: registry.url,
    },
    files: [
      { name: "kafka-ca.pem", variable: "KAFKA_CA_FILE", content: cluster.caCertificate, secret: false },
      {
        name: "kafka-password",
        variable: "KAFKA_PASSWORD_FILE",
        content: access.password(template.name),
        secret: true,
      },
      {
        name: "kafka-contract.json",
        variable: "KAFKA_CONTRACT_FILE",
        content: `${JSON.stringify(contract, null, 2)}\n`,
        secret: false,
      },
    ],
    connects: ["kafka", "registry"],
    dependsOn: [
      ...access.grantsOf(template.name),
      ...new Set(topics.flatMap((topic) => (topic === undefined ? [] : (connections.topics.byName.get(topic) ?? [])))),
      ...new Set(subjects.map((subject) => connections.subjects.resource(subject))),
    ],
  };
}

function database({ database: own, connections }: ServiceWorkloadArgs): Part {
  if (own === undefined) return {};
  const { postgres } = connections;
  return {
    environment: {
      DATABASE_HOST: postgres.host,
      DATABASE_PORT: String(postgres.port),
      DATABASE_NAME: own.database,
      DATABASE_USER: own.user,
    },
    files: [
      { name: "database-password", variable: "DATABASE_PASSWORD_FILE", content: own.password, secret: true },
      { name: "database-ca.pem", variable: "DATABASE_CA_FILE", content: postgres.caCertificate, secret: false },
    ],
    connects: ["postgres"],
    dependsOn: [own.ready],
  };
}

function redis({ template, connections }: ServiceWorkloadArgs): Part {
  if (template.redis === undefined) return {};
  const { redis: endpoint } = connections;
  return {
    environment: { REDIS_HOST: endpoint.host, REDIS_PORT: String(endpoint.port), REDIS_USERNAME: template.name },
    files: [
      {
        name: "redis-password",
        variable: "REDIS_PASSWORD_FILE",
        content: endpoint.password(template.name),
        secret: true,
      },
      ...(endpoint.caCertificate === undefined
        ? []
        : [{ name: "redis-ca.pem", variable: "REDIS_CA_FILE", content: endpoint.caCertificate, secret: false }]),
    ],
    connects: ["redis"],
    dependsOn: [endpoint.owner],
  };
}

function claimChecks({ template, contract, connections }: ServiceWorkloadArgs): Part {
  if (!template.kafka || contract?.claimChecks === undefined) return {};
  const store = connections.claimChecks;
  if (store === undefined)
    throw new Error(
      `${template.name} stores or fetches content outside Kafka, and the environment names no claimCheckStore; the model checks it.`,
    );
  return { environment: { ...store.environment }, files: store.files(template.name), connects: store.connects };
}

function tokens({ template, connections }: ServiceWorkloadArgs): Part {
  if (template.tokens === undefined) return {};
  const { issuer, audience, keySet } = connections.tokens;
  return {
    environment: { JWT_ISSUER: issuer, JWT_AUDIENCE: audience },
    files: [{ name: "jwks.json", variable: "JWT_JWKS_FILE", content: keySet, secret: false }],
  };
}

function calls({ template, connections, called }: ServiceWorkloadArgs): Part {
  const environment = template.calls.map((service) => [
    `${service.toUpperCase().replaceAll("-", "_")}_URL`,
    connections.urlOf(service),
  ]);
  return { environment: Object.fromEntries(environment), dependsOn: called };
}
