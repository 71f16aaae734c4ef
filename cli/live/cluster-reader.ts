/** Reads a cluster's topics, rules, quotas and users over one connection, with few large requests. Changes nothing. */
import type { LiveAcl, LivePlatform, LiveTopic } from "../../components/plan/live.ts";
import { KitError } from "../errors.ts";
import type { BrokerConnection, BrokerCredentials } from "./wire/broker-connection.ts";
import { connectBroker } from "./wire/broker-connection.ts";
import type { AclEntry, TopicSetting } from "./wire/requests.ts";
import {
  CONFIG_SOURCES,
  describeAcls,
  describeQuotas,
  describeTopicConfigs,
  describeTopics,
  describeUsers,
  ERROR_CODES,
  RefusedRequest,
} from "./wire/requests.ts";
import { LoginError } from "./wire/scram.ts";

/** How to reach a cluster. */
export interface ClusterLogin extends BrokerCredentials {
  /** `host:port`; the first that answers is asked. */
  readonly brokers: readonly string[];
}

/** What was read, and with how many requests. */
export interface ClusterReading {
  readonly live: Omit<LivePlatform, "subjects">;
  readonly requests: number;
}

const LIMITS = { connectMs: 10_000, requestMs: 60_000 };
/** Topics in one DescribeConfigs request. An answer has some 2 KB a topic. */
const TOPICS_AT_ONCE = 500;

/**
 * Reads the cluster.
 * @param wantedKeys - Configuration keys of which the inherited value is wanted too.
 * @throws KitError `KIT_SERVER_UNREACHABLE`, `KIT_LOGIN_REFUSED`.
 */
export async function readCluster(login: ClusterLogin, wantedKeys: ReadonlySet<string>): Promise<ClusterReading> {
  const connection = await connect(login);
  try {
    const [topics, acls, quotas, users] = await Promise.all([
      readTopics(connection, wantedKeys),
      connection.ask(describeAcls()),
      connection.ask(describeQuotas()),
      connection.ask(describeUsers()),
    ]);
    return { requests: topics.requests + 3, live: { topics: topics.topics, acls: acls.map(ruleOf), quotas, users } };
  } catch (cause) {
    throw readingError(cause, login);
  } finally {
    connection.close();
  }
}

async function readTopics(
  connection: BrokerConnection,
  wantedKeys: ReadonlySet<string>,
): Promise<{ readonly topics: readonly LiveTopic[]; readonly requests: number }> {
  const known = (await connection.ask(describeTopics())).filter(({ internal }) => !internal);
  const names = known.map(({ name }) => name).sort();
  const parts = Array.from({ length: Math.ceil(names.length / TOPICS_AT_ONCE) }, (_, part) =>
    names.slice(part * TOPICS_AT_ONCE, (part + 1) * TOPICS_AT_ONCE),
  );
  const wanted = (source: number, key: string): boolean => source === CONFIG_SOURCES.topic || wantedKeys.has(key);
  const configs = new Map(
    (await Promise.all(parts.map((part) => connection.ask(describeTopicConfigs(part, wanted))))).flatMap((part) => [
      ...part,
    ]),
  );
  const topics = known.map(
    ({ name, replicas }): LiveTopic => ({
      name,
      partitions: replicas.length,
      replicas: { least: Math.min(...replicas), most: Math.max(...replicas) },
      ...configOf(configs.get(name) ?? []),
    }),
  );
  return { topics, requests: parts.length + 1 };
}

function configOf(settings: readonly TopicSetting[]): Pick<LiveTopic, "config" | "inherited"> {
  const config: Record<string, string> = {};
  const inherited: Record<string, { value: string; source: "broker" | "default" }> = {};
  for (const { key, value, source } of settings) {
    if (source === CONFIG_SOURCES.topic) config[key] = value ?? "";
    else inherited[key] = { value: value ?? "", source: source === CONFIG_SOURCES.default ? "default" : "broker" };
  }
  return { config, inherited };
}

/** The protocol's numbers in the words of the plan. */
const OPERATIONS: Readonly<Record<number, string>> = {
  2: "All",
  3: "Read",
  4: "Write",
  5: "Create",
  6: "Delete",
  7: "Alter",
  8: "Describe",
  9: "ClusterAction",
  10: "DescribeConfigs",
  11: "AlterConfigs",
  12: "IdempotentWrite",
  13: "CreateTokens",
  14: "DescribeTokens",
  15: "TwoPhaseCommit",
};
const PERMISSIONS: Readonly<Record<number, string>> = { 2: "Deny", 3: "Allow" };
const RESOURCES: Readonly<Record<number, string>> = {
  2: "Topic",
  3: "Group",
  4: "Cluster",
  5: "TransactionalID",
  6: "DelegationToken",
  7: "User",
};
const PATTERNS: Readonly<Record<number, string>> = { 3: "Literal", 4: "Prefixed" };

function ruleOf({ principal, host, operation, permission, resourceType, resourceName, pattern }: AclEntry): LiveAcl {
  const word = (words: Readonly<Record<number, string>>, value: number): string => words[value] ?? String(value);
  return {
    principal,
    host,
    operation: word(OPERATIONS, operation),
    permission: word(PERMISSIONS, permission),
    resourceType: word(RESOURCES, resourceType),
    resourceName,
    pattern: word(PATTERNS, pattern),
  };
}

async function connect(login: ClusterLogin): Promise<BrokerConnection> {
  let failure: unknown;
  for (const broker of login.brokers) {
    try {
      return await connectBroker(broker, login, LIMITS);
    } catch (cause) {
      failure = cause;
    }
  }
  throw readingError(failure, login);
}

/** What a broker answers to somebody who may not, or who is not who he says. */
const REFUSALS: ReadonlySet<number> = new Set([
  ERROR_CODES.TOPIC_AUTHORIZATION_FAILED,
  ERROR_CODES.CLUSTER_AUTHORIZATION_FAILED,
  ERROR_CODES.UNSUPPORTED_SASL_MECHANISM,
  ERROR_CODES.ILLEGAL_SASL_STATE,
  ERROR_CODES.SASL_AUTHENTICATION_FAILED,
]);

function readingError(cause: unknown, { brokers, user }: ClusterLogin): KitError {
  const words = messagesOf(cause);
  const refused = cause instanceof LoginError || (cause instanceof RefusedRequest && REFUSALS.has(cause.code));
  if (refused)
    return new KitError(
      "KIT_LOGIN_REFUSED",
      `${user?.name ?? "the client certificate"} at ${brokers[0] ?? ""}: ${words}`,
      { cause },
    );
  return new KitError("KIT_SERVER_UNREACHABLE", `Kafka at ${brokers.join(", ")}: ${words}`, { cause });
}

function messagesOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner = error instanceof AggregateError ? error.errors : error.cause === undefined ? [] : [error.cause];
  return [error.message, ...inner.map(messagesOf)].join(" ").slice(0, 500);
}
