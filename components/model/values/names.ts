/** Slugs: services, teams, domains. Kept to 50 so that derived names (database roles, certificates) fit their limits of 63. */
export const slugPattern = "^[a-z](?:[a-z0-9]|-(?=[a-z0-9])){0,49}$";

/** Kafka's own limits for a topic's name: `org.apache.kafka.common.internals.Topic`. */
export const topicNamePattern = "^[a-zA-Z0-9._-]{1,249}$";

/** Event types: two or more dotted lower-case words. */
export const eventNamePattern = "^[a-z][a-z0-9-]*(?:\\.[a-z][a-z0-9-]*)+$";

/** Prefixes of topics that Kafka or the registry keeps for itself. */
export const reservedTopicPrefixes = ["__", "kafkasql-", "registry-events"] as const;

/** Principals of the platform itself: no service may carry these names. */
export const platformPrincipals = [
  "schema-registry",
  "platform-admin",
  "platform-auditor",
  "platform-replayer",
  "kafka-node",
] as const;

/** Those of them that no rule of access limits. */
export const superUsers = ["platform-admin"] as const satisfies readonly (typeof platformPrincipals)[number][];

/** Name of a group's dead-letter topic. */
export function deadLetterTopicName(group: string): string {
  return `${group}.dlt`;
}

/** Name of a group's delayed-retry topic; `delay` as printed, for example `10s`. */
export function retryTopicName(group: string, delay: string): string {
  return `${group}.retry-${delay}`;
}

/** Whether a name has the form of a derived topic, which no one may declare. */
export function isDerivedTopicName(name: string): boolean {
  return /\.dlt$|\.retry-/.test(name);
}

/** Topic names that are equal here share one metric in Kafka, which replaces '.' by '_'. */
export function metricName(topic: string): string {
  return topic.replaceAll(".", "_");
}

/** Whether a service's environment variable is the platform's own: where its servers are, who it is, what it may trust. */
export function isPlatformVariable(name: string): boolean {
  return /^(CLAIM_CHECK|KAFKA|OTEL|DATABASE|REDIS|JWT|SCHEMA_REGISTRY)_|^(HTTP_HOST|HTTP_PORT|MANAGEMENT_PORT|NODE_COMPILE_CACHE|SCHEMAS_DIR|SERVICE_INSTANCE|SERVICE_NAME)$|_SERVICE_URL$/u.test(
    name,
  );
}
