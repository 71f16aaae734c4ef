import { readFileSync } from "node:fs";
import { Admin, Consumer, Producer, stringDeserializers, stringSerializers } from "@platformatic/kafka";
import type { TestPlatform } from "../platform/test-platform.ts";
import { credentials, statusFile } from "../platform/test-platform.ts";

/** What every client needs to reach the listener for services as a principal. */
export function asPrincipal(platform: TestPlatform, principal: string, password?: string) {
  const status = statusFile(platform);
  const secret = password ?? credentials(platform)[principal]?.kafka;
  if (secret === undefined) throw new Error(`${principal} has no Kafka password in credentials.json`);
  return {
    clientId: `test-${principal}`,
    bootstrapBrokers: [...status.endpoints.kafka.bootstrap],
    tls: { ca: readFileSync(status.files.ca, "utf8"), rejectUnauthorized: true },
    sasl: { mechanism: "SCRAM-SHA-512" as const, username: principal, password: secret },
    retries: 0,
    connectTimeout: 10_000,
    requestTimeout: 20_000,
  };
}

/** What a client needs to reach the admin listener with the admin's certificate. */
export function asAdmin(platform: TestPlatform) {
  const { endpoints, files } = statusFile(platform);
  return {
    clientId: "test-admin",
    bootstrapBrokers: [...endpoints.kafka.admin],
    tls: {
      ca: readFileSync(files.ca, "utf8"),
      cert: readFileSync(files.adminCert, "utf8"),
      key: readFileSync(files.adminKey, "utf8"),
      rejectUnauthorized: true,
    },
    retries: 3,
    connectTimeout: 10_000,
    requestTimeout: 20_000,
  };
}

/** An admin client; the caller closes it. */
export function adminClient(platform: TestPlatform): Admin {
  return new Admin(asAdmin(platform));
}

/** A producer of text with all replicas' acknowledgement; the caller closes it. */
export function textProducer(connection: ReturnType<typeof asPrincipal> | ReturnType<typeof asAdmin>) {
  return new Producer({ ...connection, serializers: stringSerializers, idempotent: true });
}

/** A consumer of text; the caller closes it. */
export function textConsumer(connection: ReturnType<typeof asPrincipal> | ReturnType<typeof asAdmin>, groupId: string) {
  return new Consumer({ ...connection, groupId, deserializers: stringDeserializers });
}
