/** Reads a cluster's topics, rules, quotas and users over one connection, with few large requests. Changes nothing. */
import type { SASLOptions } from "@platformatic/kafka";
import {
  AclOperations, AclPermissionTypes, ConfigResourceTypes, ConfigSources, Connection, describeAclsV3, describeClientQuotasV1, describeConfigsV4,
  describeUserScramCredentialsV0, metadataV12, ResourcePatternTypes, ResourceTypes,
} from "@platformatic/kafka";
import type { LiveAcl, LivePlatform, LiveQuota, LiveTopic, LiveUser } from "../../components/plan/live.ts";
import { KitError } from "../errors.ts";

/** How to reach a cluster. */
export interface ClusterLogin {
  /** `host:port`; the first that answers is asked. */
  readonly brokers: readonly string[];
  /** Absent: plain text. `cert` and `key` for mutual TLS; all PEM. */
  readonly tls?: { readonly ca: string; readonly cert?: string; readonly key?: string };
  /** SCRAM-SHA-512. */
  readonly user?: { readonly name: string; readonly password: string };
}

/** What was read, and with how many requests. */
export interface ClusterReading {
  readonly live: Omit<LivePlatform, "subjects">;
  readonly requests: number;
}

const CLIENT_ID = "kit-audit";
const CONNECT_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;
/** Topics in one DescribeConfigs request. An answer has some 2 KB a topic. */
const TOPICS_AT_ONCE = 500;

/**
 * Reads the cluster.
 * @param wantedKeys - Configuration keys of which the inherited value is wanted too.
 * @throws KitError `KIT_SERVER_UNREACHABLE`, `KIT_LOGIN_REFUSED`.
 */
export async function readCluster(login: ClusterLogin, wantedKeys: ReadonlySet<string>): Promise<ClusterReading> {
  const connection = await connect(login);
  let requests = 0;
  const counted = <T>(request: Promise<T>): Promise<T> => {
    requests += 1;
    return request;
  };
  try {
    const [topics, acls, quotas, users] = await Promise.all([
      counted(metadataV12.api.async(connection, null, false, false)),
      counted(readAcls(connection)),
      counted(describeClientQuotasV1.api.async(connection, [], false)),
      counted(describeUserScramCredentialsV0.api.async(connection, null)),
    ]);
    const known = topics.topics.filter(({ isInternal, name }) => !isInternal && typeof name === "string");
    const names = known.map(({ name }) => String(name)).sort();
    const configs = new Map<string, Pick<LiveTopic, "config" | "inherited">>();
    const parts = Array.from({ length: Math.ceil(names.length / TOPICS_AT_ONCE) }, (_, part) => names.slice(part * TOPICS_AT_ONCE, (part + 1) * TOPICS_AT_ONCE));
    for (const part of parts) {
      const answer = await counted(describeConfigsV4.api.async(connection, part.map((resourceName) => ({ resourceType: ConfigResourceTypes.TOPIC, resourceName })), false, false));
      for (const { resourceName, configs: entries } of answer.results) configs.set(resourceName, configOf(entries, wantedKeys));
    }
    return {
      requests,
      live: {
        topics: known.map((topic): LiveTopic => {
          const replicas = topic.partitions.map(({ replicaNodes }) => replicaNodes.length);
          const name = String(topic.name);
          return {
            name,
            partitions: topic.partitions.length,
            replicas: { least: Math.min(...replicas), most: Math.max(...replicas) },
            ...(configs.get(name) ?? { config: {}, inherited: {} }),
          };
        }),
        acls,
        quotas: (quotas.entries ?? []).map(({ entity, values }): LiveQuota => ({
          entity: Object.fromEntries(entity.map(({ entityType, entityName }) => [entityType, entityName ?? null])),
          values: Object.fromEntries(values.map(({ key, value }) => [key, value])),
        })),
        users: users.results.map(({ user, credentialInfos }): LiveUser => ({
          name: user,
          credentials: credentialInfos.map(({ mechanism, iterations }) => ({ mechanism: mechanism === 2 ? "SCRAM-SHA-512" : "SCRAM-SHA-256", iterations })),
        })),
      },
    };
  } catch (cause) {
    throw readingError(cause, login);
  } finally {
    await connection.close();
  }
}

async function readAcls(connection: Connection): Promise<LiveAcl[]> {
  const everything = {
    resourceType: ResourceTypes.ANY, resourceName: null, resourcePatternType: ResourcePatternTypes.ANY,
    principal: null, host: null, operation: AclOperations.ANY, permissionType: AclPermissionTypes.ANY,
  };
  const { resources } = await describeAclsV3.api.async(connection, everything).catch((error: unknown) => {
    // A cluster without an authorizer has no rules.
    if (/Security features are disabled/.test(messagesOf(error))) return { resources: [] };
    throw error;
  });
  return resources.flatMap(({ acls, ...target }) => acls.map((rule) => ({
    principal: rule.principal,
    host: rule.host,
    operation: labelOf(AclOperations, rule.operation),
    permission: labelOf(AclPermissionTypes, rule.permissionType),
    resourceType: target.resourceType === ResourceTypes.TRANSACTIONAL_ID ? "TransactionalID" : labelOf(ResourceTypes, target.resourceType),
    resourceName: target.resourceName,
    pattern: labelOf(ResourcePatternTypes, target.resourcePatternType),
  })));
}

type ConfigEntry = describeConfigsV4.DescribeConfigsResponseConfig;

function configOf(entries: readonly ConfigEntry[], wantedKeys: ReadonlySet<string>): Pick<LiveTopic, "config" | "inherited"> {
  const config: Record<string, string> = {};
  const inherited: Record<string, { value: string; source: "broker" | "default" }> = {};
  for (const { name, value, configSource } of entries) {
    if (configSource === ConfigSources.DYNAMIC_TOPIC_CONFIG) config[name] = value ?? "";
    else if (wantedKeys.has(name)) inherited[name] = { value: value ?? "", source: configSource === ConfigSources.DEFAULT_CONFIG ? "default" : "broker" };
  }
  return { config, inherited };
}

/** `DESCRIBE_CONFIGS` becomes `DescribeConfigs`, as the plan spells it. */
function labelOf(names: Readonly<Record<string, number>>, value: number): string {
  const label = Object.keys(names).find((name) => names[name] === value) ?? String(value);
  return label.toLowerCase().replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

async function connect(login: ClusterLogin): Promise<Connection> {
  const { tls, user, brokers } = login;
  const sasl: SASLOptions | undefined = user === undefined ? undefined : { mechanism: "SCRAM-SHA-512", username: user.name, password: user.password };
  let failure: unknown;
  for (const broker of brokers) {
    const colon = broker.lastIndexOf(":");
    const [host, port] = [broker.slice(0, colon), Number(broker.slice(colon + 1))];
    const connection = new Connection(CLIENT_ID, {
      connectTimeout: CONNECT_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS,
      ...(tls === undefined ? {} : { tls: { ...tls, host, servername: host, rejectUnauthorized: true } }),
      ...(sasl === undefined ? {} : { sasl }),
    });
    // What it says is in the rejection of the request at hand; without a listener it would end the process.
    connection.on("error", () => undefined);
    try {
      await connection.connect(host, port);
      return connection;
    } catch (cause) {
      failure = cause;
      await connection.close().catch(() => undefined);
    }
  }
  throw readingError(failure, login);
}

function readingError(cause: unknown, { brokers, user }: ClusterLogin): KitError {
  if (cause instanceof KitError) return cause;
  const words = messagesOf(cause);
  if (/authenticat|SASL|authoriz/i.test(words)) return new KitError("KIT_LOGIN_REFUSED", `${user?.name ?? "the client certificate"} at ${brokers[0] ?? ""}: ${words}`, { cause });
  return new KitError("KIT_SERVER_UNREACHABLE", `Kafka at ${brokers.join(", ")}: ${words}`, { cause });
}

function messagesOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner = error instanceof AggregateError ? error.errors : error.cause === undefined ? [] : [error.cause];
  return [error.message, ...inner.map(messagesOf)].join(" ").slice(0, 500);
}
