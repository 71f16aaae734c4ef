/**
 * Pattern of slugs: names of services, teams and domains. The limit is 50 characters, so that derived names (database
 * roles, certificates) fit their limit of 63.
 */
export const slugPattern = "^[a-z](?:[a-z0-9]|-(?=[a-z0-9])){0,49}$";

/** Kafka's own limits for a topic's name: `org.apache.kafka.common.internals.Topic`. */
export const topicNamePattern = "^[a-zA-Z0-9._-]{1,249}$";

/** Event types: two or more dotted lower-case words. */
export const eventNamePattern = "^[a-z][a-z0-9-]*(?:\\.[a-z][a-z0-9-]*)+$";

/** Prefixes of topics that Kafka or the registry reserves. */
export const reservedTopicPrefixes = ["__", "kafkasql-", "registry-events"] as const;

/** Principals of the platform itself. No service may have these names. */
export const platformPrincipals = [
  "schema-registry",
  "platform-admin",
  "platform-auditor",
  "platform-replayer",
  "kafka-node",
] as const;

/** Platform principals that no ACL restricts. */
export const superUsers = ["platform-admin"] as const satisfies readonly (typeof platformPrincipals)[number][];

/** Returns the name of a group's dead-letter topic. */
export function deadLetterTopicName(group: string): string {
  return `${group}.dlt`;
}

/** Returns the name of a group's delayed-retry topic. `delay` is a printed duration, for example `10s`. */
export function retryTopicName(group: string, delay: string): string {
  return `${group}.retry-${delay}`;
}

/** Returns whether a name has the form of a derived topic, which domain files may not declare. */
export function isDerivedTopicName(name: string): boolean {
  return /\.dlt$|\.retry-/.test(name);
}

/**
 * Returns the name of a topic in Kafka's metrics. Topics with equal results share a metric, because Kafka replaces '.'
 * by '_'.
 */
export function metricName(topic: string): string {
  return topic.replaceAll(".", "_");
}

/**
 * Returns whether an environment variable of a service is reserved for the platform: addresses of servers, identity,
 * trust.
 */
export function isPlatformVariable(name: string): boolean {
  return /^(CLAIM_CHECK|KAFKA|OTEL|DATABASE|REDIS|JWT|SCHEMA_REGISTRY)_|^(HTTP_HOST|HTTP_PORT|MANAGEMENT_PORT|NODE_COMPILE_CACHE|SCHEMAS_DIR|SERVICE_INSTANCE|SERVICE_NAME)$|_SERVICE_URL$/u.test(
    name,
  );
}
