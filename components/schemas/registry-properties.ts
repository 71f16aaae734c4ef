/** What the registry's configuration depends on. */
export interface RegistryPropertiesInput {
  readonly host: string;
  readonly port: number;
  /** Port of health and metrics, apart from the API's. */
  readonly managementPort: number;
  readonly bootstrap: readonly string[];
  readonly password: string;
  /** PEM file with the authority of the brokers. */
  readonly truststore: string;
  readonly principal: string;
}

/**
 * Renders Apicurio's `application.properties` for storage in Kafka. Everything under
 * `apicurio.kafka.common` is handed to each of its Kafka clients as it is. Holds a password: the
 * file is for its owner's eyes.
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
    // On start it reads its topics until a poll comes back empty, several times over: at the default of 5 s that is 25 s.
    "apicurio.kafkasql.consumer.poll.timeout": 500,
    // The platform declares the registry's topics; its principal has no right to create any.
    "apicurio.kafkasql.topic.auto-create": false,
  };
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join("");
}
