/** Reads a cluster's topics, ACLs, quotas and users over one connection, with few large requests. Changes nothing. */
import {
  AclOperations,
  AclPermissionTypes,
  ConfigResourceTypes,
  ConfigSources,
  type Connection,
  describeAclsV3,
  describeClientQuotasV1,
  describeConfigsV4,
  describeUserScramCredentialsV0,
  metadataV12,
  type ProtocolError,
  ResourcePatternTypes,
  ResourceTypes,
  ResponseError,
  ScramMechanisms,
} from "@platformatic/kafka";
import type { LiveAcl, LivePlatform, LiveQuota, LiveTopic, LiveUser } from "../../components/plan/live.ts";
import type { BrokerLimits, ClusterLogin } from "./broker-connection.ts";
import { connectCluster, readingError } from "./broker-connection.ts";

/** The result, and the number of requests. */
export interface ClusterReading {
  readonly live: Omit<LivePlatform, "subjects">;
  readonly requests: number;
}

const LIMITS: BrokerLimits = { connectMs: 10_000, requestMs: 60_000 };
/** Topics in one DescribeConfigs request. An answer has some 2 KB a topic. */
const TOPICS_AT_ONCE = 500;

/**
 * Reads the cluster.
 * @param wantedKeys - Configuration keys whose inherited value is needed too.
 * @param limits - Timeouts other than 10 s for the connection and 60 s for an answer; a signal that aborts the reading.
 * @throws KitError `KIT_SERVER_UNREACHABLE`, `KIT_LOGIN_REFUSED`.
 */
export async function readCluster(
  login: ClusterLogin,
  wantedKeys: ReadonlySet<string>,
  limits: Partial<BrokerLimits> = {},
): Promise<ClusterReading> {
  const connection = await connectCluster(login, { ...LIMITS, ...limits });
  try {
    const [topics, acls, quotas, users] = await Promise.all([
      readTopics(connection, wantedKeys),
      readAcls(connection),
      readQuotas(connection),
      readUsers(connection),
    ]);
    return { requests: topics.requests + 3, live: { topics: topics.topics, acls, quotas, users } };
  } catch (cause) {
    throw readingError(cause, login);
  } finally {
    await connection.close();
  }
}

/**
 * An answer, even if it contains errors that the reading tolerates: the client throws for each.
 * @param expected - Names of tolerated errors; absent: all.
 */
async function answerTo<T>(asked: Promise<T>, expected?: readonly string[]): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (
      error instanceof ResponseError &&
      error.errors.every(({ apiId }: ProtocolError) => expected === undefined || expected.includes(apiId))
    )
      return error.response as T;
    throw error;
  }
}

async function readTopics(
  connection: Connection,
  wantedKeys: ReadonlySet<string>,
): Promise<{ readonly topics: readonly LiveTopic[]; readonly requests: number }> {
  // A topic or partition whose leader is being elected has an error, but also all data that is needed here.
  const metadata = await answerTo(metadataV12.api.async(connection, null, false, false));
  const known = metadata.topics.filter(({ isInternal }) => !isInternal);
  const names = known.map(({ name }) => name ?? "").sort();
  const parts = Array.from({ length: Math.ceil(names.length / TOPICS_AT_ONCE) }, (_, part) =>
    names.slice(part * TOPICS_AT_ONCE, (part + 1) * TOPICS_AT_ONCE),
  );
  const configs = new Map(
    (await Promise.all(parts.map((part) => readConfigs(connection, part, wantedKeys)))).flatMap((part) => [...part]),
  );
  const topics = known.map(({ name, partitions }): LiveTopic => {
    const replicas = partitions.map(({ replicaNodes }) => replicaNodes.length);
    return {
      name: name ?? "",
      partitions: partitions.length,
      replicas: { least: Math.min(...replicas), most: Math.max(...replicas) },
      ...(configs.get(name ?? "") ?? { config: {}, inherited: {} }),
    };
  });
  return { topics, requests: parts.length + 1 };
}

type TopicConfig = Pick<LiveTopic, "config" | "inherited">;
type TopicSettings = ReturnType<typeof describeConfigsV4.parseResponse>["results"][number]["configs"];

/** The configuration of topics by name. Skips topics that no longer exist. */
async function readConfigs(
  connection: Connection,
  topics: readonly string[],
  wantedKeys: ReadonlySet<string>,
): Promise<ReadonlyMap<string, TopicConfig>> {
  const resources = topics.map((resourceName) => ({ resourceType: ConfigResourceTypes.TOPIC, resourceName }));
  const { results } = await answerTo(describeConfigsV4.api.async(connection, resources, false, false), [
    "UNKNOWN_TOPIC_OR_PARTITION",
  ]);
  return new Map(
    results
      .filter(({ errorCode }) => errorCode === 0)
      .map(({ resourceName, configs }) => [resourceName, configOf(configs, wantedKeys)]),
  );
}

function configOf(settings: TopicSettings, wantedKeys: ReadonlySet<string>): TopicConfig {
  const config: Record<string, string> = {};
  const inherited: Record<string, { value: string; source: "broker" | "default" }> = {};
  for (const { name, value, configSource } of settings) {
    if (configSource === ConfigSources.DYNAMIC_TOPIC_CONFIG) config[name] = value ?? "";
    else if (wantedKeys.has(name))
      inherited[name] = {
        value: value ?? "",
        source: configSource === ConfigSources.DEFAULT_CONFIG ? "default" : "broker",
      };
  }
  return { config, inherited };
}

/** Every ACL; none on a cluster without an authorizer. */
async function readAcls(connection: Connection): Promise<readonly LiveAcl[]> {
  const any = {
    resourceType: ResourceTypes.ANY,
    resourceName: null,
    resourcePatternType: ResourcePatternTypes.ANY,
    principal: null,
    host: null,
    operation: AclOperations.ANY,
    permissionType: AclPermissionTypes.ANY,
  };
  const { resources } = await answerTo(describeAclsV3.api.async(connection, any), ["SECURITY_DISABLED"]);
  return resources.flatMap(({ resourceType, resourceName, resourcePatternType, acls }) =>
    acls.map(({ principal, host, operation, permissionType }) => ({
      principal,
      host,
      operation: wordOf(AclOperations, operation),
      permission: wordOf(AclPermissionTypes, permissionType),
      resourceType:
        resourceType === ResourceTypes.TRANSACTIONAL_ID ? "TransactionalID" : wordOf(ResourceTypes, resourceType),
      resourceName,
      pattern: wordOf(ResourcePatternTypes, resourcePatternType),
    })),
  );
}

/**
 * A value of the protocol in the plan's format: `DESCRIBE_CONFIGS` becomes DescribeConfigs. A value without a name stays a
 * number.
 */
function wordOf(names: Readonly<Record<string, number>>, value: number): string {
  const name = nameOf(names, value);
  return name === undefined
    ? String(value)
    : name.toLowerCase().replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function nameOf(names: Readonly<Record<string, number>>, value: number): string | undefined {
  return Object.entries(names).find(([, known]) => known === value)?.[0];
}

async function readQuotas(connection: Connection): Promise<readonly LiveQuota[]> {
  const { entries } = await describeClientQuotasV1.api.async(connection, [], false);
  return (entries ?? []).map(({ entity, values }) => ({
    entity: Object.fromEntries(entity.map(({ entityType, entityName }) => [entityType, entityName ?? null])),
    values: Object.fromEntries(values.map(({ key, value }) => [key, value])),
  }));
}

async function readUsers(connection: Connection): Promise<readonly LiveUser[]> {
  // A user that was removed in the meantime is not found.
  const { results } = await answerTo(describeUserScramCredentialsV0.api.async(connection, null), [
    "RESOURCE_NOT_FOUND",
  ]);
  return results.map(({ user, credentialInfos }) => ({
    name: user,
    credentials: credentialInfos.map(({ mechanism, iterations }) => ({
      mechanism: nameOf(ScramMechanisms, mechanism)?.replaceAll("_", "-") ?? `mechanism ${mechanism}`,
      iterations,
    })),
  }));
}
