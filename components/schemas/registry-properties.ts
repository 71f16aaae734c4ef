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
    "apicurio.storage.kind": "kafkasql",
    "apicurio.kafkasql.bootstrap.servers": input.bootstrap.join(","),
    "apicurio.kafka.common.bootstrap.servers": input.bootstrap.join(","),
    "apicurio.kafka.common.security.protocol": "SASL_SSL",
    "apicurio.kafka.common.sasl.mechanism": "SCRAM-SHA-512",
    "apicurio.kafka.common.sasl.jaas.config": jaas,
    "apicurio.kafka.common.ssl.truststore.type": "PEM",
    "apicurio.kafka.common.ssl.truststore.location": input.truststore,
    // The platform declares the registry's topics; its principal has no right to create any.
    "apicurio.kafkasql.topic.auto-create": false,
  };
  return Object.entries(properties).map(([key, value]) => `${key}=${value}\n`).join("");
}
