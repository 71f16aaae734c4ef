/** Input of the registry's configuration. */
export interface RegistryPropertiesInput {
  readonly host: string;
  readonly port: number;
  /** Port for health and metrics, separate from the API's. */
  readonly managementPort: number;
  readonly bootstrap: readonly string[];
  readonly password: string;
  /** PEM file with the authority of the brokers. */
  readonly truststore: string;
  readonly principal: string;
}

/**
 * Returns Apicurio's `application.properties` for storage in Kafka. All properties under `apicurio.kafka.common` are
 * passed unchanged to each of its Kafka clients. The file contains a password, so only its owner may read it.
 */
export function registryProperties(input: RegistryPropertiesInput): string {
  const jaas = `org.apache.kafka.common.security.scram.ScramLoginModule required username="${input.principal}" password="${input.password}";`;
  const properties: Record<string, string | number | boolean> = {
    "quarkus.http.host": input.host,
    "quarkus.http.port": input.port,
    "quarkus.management.host": input.host,
    "quarkus.management.port": input.managementPort,
    "quarkus.http.access-log.enabled": false,
    "quarkus.otel.sdk.disabled": true,
    "quarkus.log.console.format": "%d{yyyy-MM-dd'T'HH:mm:ss.SSS} %-5p %c{1.} - %m%n",
    'quarkus.log.category."org.apache.kafka".level': "WARN",
    "apicurio.storage.kind": "kafkasql",
    "apicurio.kafkasql.bootstrap.servers": input.bootstrap.join(","),
    "apicurio.kafka.common.bootstrap.servers": input.bootstrap.join(","),
    "apicurio.kafka.common.security.protocol": "SASL_SSL",
    "apicurio.kafka.common.sasl.mechanism": "SCRAM-SHA-512",
    "apicurio.kafka.common.sasl.jaas.config": jaas,
    "apicurio.kafka.common.ssl.truststore.type": "PEM",
    "apicurio.kafka.common.ssl.truststore.location": input.truststore,
    // On start it reads its topics several times, each time until a poll returns no record. With the default of 5 s
    // this takes 25 s.
    "apicurio.kafkasql.consumer.poll.timeout": 500,
    // The platform declares the registry's topics. Its principal has no right to create topics.
    "apicurio.kafkasql.topic.auto-create": false,
  };
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join("");
}
