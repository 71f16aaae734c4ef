/** The servers of these tests refuse what the platform's refuse: otherwise a missing right would be found on the platform first. */
import { Producer } from "@platformatic/kafka";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connection } from "../../../service-templates/lib/kafka/kafka.ts";
import { openPublisher } from "../../../service-templates/lib/kafka/publisher.ts";
import { passwordOf } from "../servers/authorities.ts";
import type { OrderPlatform } from "../servers/order-platform.ts";
import { startOrderPlatform } from "../servers/order-platform.ts";

describe("the servers of the saga's tests", () => {
  let platform: OrderPlatform;
  beforeAll(async () => {
    platform = await startOrderPlatform();
  });
  afterAll(async () => {
    await platform?.stop();
  });

  const kafka = (change: { readonly password?: string; readonly ca?: string } = {}) => ({
    brokers: [platform.kafka.bootstrap],
    ca: platform.kafka.ca,
    username: "payment-service",
    password: passwordOf("payment-service"),
    contractFile: "",
    schemasDir: "",
    registryUrl: "",
    ...change,
  });
  /** Why a record to a topic is refused; undefined when it is taken. */
  async function refusal(topic: string, config = kafka()): Promise<string | undefined> {
    const producer = new Producer({ ...connection({ config, clientId: "test" }), acks: -1, retries: 0 });
    try {
      await producer.send({ messages: [{ topic, key: Buffer.from("k"), value: Buffer.from("v") }] });
      return undefined;
    } catch (error) {
      return reasons(error).join(" / ");
    } finally {
      await producer.close();
    }
  }

  it("let a service write to its own topics and to no other", async () => {
    const publisher = openPublisher({ config: kafka(), clientId: "test" });
    await publisher.publish([
      { topic: "payment-service.dlt", key: Buffer.from("k"), value: Buffer.from("v"), headers: {} },
    ]);
    await publisher.close();
    expect(await refusal("order-events")).toMatch(/AUTHORIZATION_FAILED|authoriz/iu);
    expect(await refusal("inventory-service.dlt")).toMatch(/AUTHORIZATION_FAILED|authoriz/iu);
  });

  it("refuse another service's password, and a connection without TLS", async () => {
    expect(await refusal("payment-service.dlt", kafka({ password: passwordOf("order-service") }))).toMatch(
      /SASL|authentication/iu,
    );
    const { ca: _ca, ...plain } = kafka();
    expect(await refusal("payment-service.dlt", plain as ReturnType<typeof kafka>)).toBeDefined();
  });

  async function answer(login: pg.ClientConfig, sql: string): Promise<string> {
    const client = new pg.Client(login);
    try {
      await client.connect();
      await client.query(sql);
      return "done";
    } catch (error) {
      return (error as Error).message;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  it("let a service read and write the rows of its own database, over TLS, and nothing else", async () => {
    const { ca, name, ...rest } = platform.postgres.login("payment_service");
    const login = { ...rest, database: name, ssl: { ca, rejectUnauthorized: true } };
    expect(await answer(login, "SELECT count(*) FROM payments")).toBe("done");
    expect(await answer(login, "CREATE TABLE mine (id int)")).toMatch(/permission denied/u);
    expect(await answer(login, "ALTER TABLE payments ADD COLUMN mine int")).toMatch(/must be owner/u);
    expect(await answer({ ...login, database: "order_service" }, "SELECT 1")).toMatch(/permission denied/u);
    expect(await answer({ ...rest, database: name }, "SELECT 1")).toMatch(/no encryption/u);
    expect(await answer({ ...login, password: "wrong" }, "SELECT 1")).toMatch(/password authentication failed/u);
  });
});

/** Messages of an error and of everything inside it. */
function reasons(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return [];
  const { message, cause } = error;
  const inside: readonly unknown[] = "errors" in error && Array.isArray(error.errors) ? error.errors : [];
  return [message, ...("apiId" in error ? [String(error.apiId)] : []), ...reasons(cause), ...inside.flatMap(reasons)];
}
