/**
 * The four services of the saga on servers of the test: everything that a test of the saga needs, without the rest of the
 * platform. Rights are as on the platform: each service logs in as itself, over TLS, and has the rights that the plan gives it.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { RunningService } from "@event-platform-kit/service";
import type { Environment } from "@event-platform-kit/service/config";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { loadModel } from "../../../components/model/load.ts";
import { planPlatform } from "../../../components/plan/plan.ts";
import type { PlatformPlan, ServiceContract } from "../../../components/plan/types.ts";
import { startGateway } from "../../../service-templates/api-gateway/src/service.ts";
import { startInventoryService } from "../../../service-templates/inventory-service/src/service.ts";
import { startOrderService } from "../../../service-templates/order-service/src/service.ts";
import { startPaymentService } from "../../../service-templates/payment-service/src/service.ts";
import { eventually } from "../../platform/condition.ts";
import { passwordOf } from "./authorities.ts";
import type { TestPostgres } from "./postgres.ts";
import { startPostgres } from "./postgres.ts";
import type { TestRegistry } from "./registry.ts";
import { startRegistry } from "./registry.ts";
import type { SecureKafka, TestAcl } from "./secure-kafka.ts";
import { startSecureKafka } from "./secure-kafka.ts";

export const ROOT = resolve(import.meta.dirname, "../../..");

/** An order as the gateway shows it. */
export interface ShownOrder {
  readonly orderId: string;
  readonly status: "pending" | "confirmed" | "cancelled";
  readonly reason?: string;
  readonly totalAmount: number;
  readonly steps: readonly { readonly name: string; readonly at: string; readonly elapsedMs: number }[];
}

export interface Answer<T = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

export interface OrderPlatform {
  readonly postgres: TestPostgres;
  readonly kafka: SecureKafka;
  readonly registry: TestRegistry;
  readonly plan: PlatformPlan;
  /** Location of stored content. */
  readonly claimCheckFolder: string;
  readonly gatewayUrl: string;
  readonly services: {
    readonly order: RunningService;
    readonly payment: RunningService;
    readonly inventory: RunningService;
    readonly gateway: RunningService;
  };
  /** Services that were requested besides the usual ones, by name. */
  readonly others: ReadonlyMap<string, RunningService>;
  /** Environment of a service's process, to start one more instance. */
  environment(service: string, instance: string): Environment;
  token(
    subject: string,
    claims?: { readonly expiresAt?: string; readonly audience?: string; readonly scope?: string },
  ): Promise<string>;
  call<T = Record<string, unknown>>(
    method: string,
    path: string,
    options?: {
      readonly token?: string;
      readonly body?: unknown;
      readonly text?: string;
      readonly headers?: Record<string, string>;
    },
  ): Promise<Answer<T>>;
  /** Places an order for customer `cust-1` (or another) and returns its id. */
  place(
    items: readonly { readonly productId: string; readonly quantity: number }[],
    customer?: string,
  ): Promise<string>;
  /** Waits for an order's terminal state. */
  ended(orderId: string, options?: { readonly customer?: string; readonly limitMs?: number }): Promise<ShownOrder>;
  behave(behaviour: Record<string, unknown>): Promise<void>;
  sql<R = Record<string, unknown>>(database: string, text: string, values?: readonly unknown[]): Promise<readonly R[]>;
  stop(): Promise<void>;
}

const SERVICES = ["order-service", "payment-service", "inventory-service"] as const;

function httpAddress({ httpPort = 0 }: RunningService): string {
  return `http://127.0.0.1:${httpPort}`;
}

/**
 * ACLs for retry topics that a test adds to a contract: those that the plan gives the group on its dead-letter topic, as it
 * does for retry topics.
 */
function accessToRetryTopics(plan: PlatformPlan, contract: ServiceContract): readonly TestAcl[] {
  const planned = new Set(plan.topics.map(({ name }) => name));
  const rules = plan.acls.filter(
    ({ resourceType, resourceName }) => resourceType === "Topic" && resourceName === contract.deadLetterTopic,
  );
  return contract.retryTopics
    .filter(({ topic }) => !planned.has(topic))
    .flatMap(({ topic }) => rules.map((rule) => ({ ...rule, resourceName: topic })));
}

/** Starts one more service of the saga beside those that are always there. */
export type ServiceStart = (options: { readonly env: Environment }) => Promise<RunningService>;

/**
 * Starts servers and services.
 * @param overrides - Environment variables for every service.
 * @param further - Services beyond order, payment, inventory and the gateway, by name; each gets its database, and is stopped with the rest.
 * @param adjust - Changes a service's contract before the service sees it; retry topics that it adds are created.
 */
export async function startOrderPlatform(
  overrides: Environment = {},
  further: Readonly<Record<string, ServiceStart>> = {},
  adjust: (contract: ServiceContract) => ServiceContract = (contract) => contract,
): Promise<OrderPlatform> {
  const folder = mkdtempSync(join(tmpdir(), "saga-services-"));
  const undo: (() => Promise<unknown> | unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (const step of undo.toReversed()) await step();
  };
  try {
    const reading = await loadModel(ROOT, "local");
    if ("problems" in reading) throw new Error(`topics/ is not readable: ${JSON.stringify(reading.problems)}`);
    const { model, stack } = reading.value;
    const plan = planPlatform(model, stack);

    const [postgres, kafka, registry] = await Promise.all([startPostgres(), startSecureKafka(), startRegistry()]);
    undo.push(
      () => postgres.stop(),
      () => kafka.stop(),
      () => registry.stop(),
    );
    for (const service of [...SERVICES, ...Object.keys(further)]) {
      await postgres.createDatabase(
        service.replaceAll("-", "_"),
        join(ROOT, "service-templates", service, "migrations"),
      );
    }
    // Few partitions: the order per key is the same, the test node is smaller.
    const contracts = plan.contracts.map(adjust);
    await kafka.allow(
      plan.principals.map(({ name }) => name),
      [...plan.acls, ...contracts.flatMap((contract) => accessToRetryTopics(plan, contract))],
    );
    await kafka.createTopics(
      new Map([
        ...contracts.flatMap((contract) => contract.retryTopics.map(({ topic }) => [topic, 2] as const)),
        ...plan.topics.map((topic) => [topic.name, topic.kind === "event" ? 6 : 1] as const),
      ]),
    );
    for (const subject of plan.subjects) registry.register(subject.name, subject.schema);
    for (const contract of contracts) writeFileSync(join(folder, `${contract.service}.json`), JSON.stringify(contract));

    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const jwks = join(folder, "jwks.json");
    writeFileSync(
      jwks,
      JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: "test", alg: "ES256", use: "sig" }] }),
    );
    const authority = join(folder, "ca.pem");
    writeFileSync(authority, kafka.ca);
    /** A file with a user's password; names of services and of their databases differ. */
    const passwordFile = (user: string): string => {
      const file = join(folder, `${user}.password`);
      writeFileSync(file, passwordOf(user), { mode: 0o600 });
      return file;
    };

    const environment = (service: string, instance: string): Environment => ({
      SERVICE_NAME: service,
      SERVICE_INSTANCE: instance,
      KAFKA_GROUP_INSTANCE_ID: `${service}-${instance}`,
      HTTP_HOST: "127.0.0.1",
      HTTP_PORT: "0",
      MANAGEMENT_PORT: "0",
      LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? "silent",
      KAFKA_BROKERS: kafka.bootstrap,
      KAFKA_USERNAME: service,
      KAFKA_PASSWORD_FILE: passwordFile(service),
      KAFKA_CA_FILE: authority,
      KAFKA_CONTRACT_FILE: join(folder, `${service}.json`),
      SCHEMAS_DIR: join(ROOT, "topics/schemas"),
      SCHEMA_REGISTRY_URL: registry.url,
      DATABASE_HOST: "127.0.0.1",
      DATABASE_PORT: String(postgres.port),
      DATABASE_NAME: service.replaceAll("-", "_"),
      DATABASE_USER: service.replaceAll("-", "_"),
      DATABASE_PASSWORD_FILE: passwordFile(service.replaceAll("-", "_")),
      DATABASE_CA_FILE: authority,
      CLAIM_CHECK_FOLDER: join(folder, "claim-checks"),
      // Nothing listens there: the saga must not need Redis.
      REDIS_HOST: "127.0.0.1",
      REDIS_PORT: "1",
      REDIS_USERNAME: service,
      REDIS_PASSWORD_FILE: passwordFile(service),
      // A busy machine must not cancel orders; tests of the timeout set their own.
      SAGA_TIMEOUT_MS: "300000",
      JWT_ISSUER: "https://token.kit.local",
      JWT_AUDIENCE: "order-platform",
      JWT_JWKS_FILE: jwks,
      ...overrides,
    });
    const [order, payment, inventory] = await Promise.all([
      startOrderService({ env: environment("order-service", "0") }),
      startPaymentService({ env: environment("payment-service", "0") }),
      startInventoryService({ env: environment("inventory-service", "0") }),
    ]);
    undo.push(() => Promise.all([order.stop(), payment.stop(), inventory.stop()]));
    const others = new Map<string, RunningService>();
    undo.push(() => Promise.all([...others.values()].map((service) => service.stop())));
    await Promise.all(
      Object.entries(further).map(async ([name, start]) =>
        others.set(name, await start({ env: environment(name, "0") })),
      ),
    );
    const analytics = others.get("analytics-service");
    const gateway = await startGateway({
      env: {
        ...environment("api-gateway", "0"),
        ORDER_SERVICE_URL: httpAddress(order),
        ...(analytics === undefined ? {} : { ANALYTICS_SERVICE_URL: httpAddress(analytics) }),
      },
    });
    undo.push(() => gateway.stop());
    for (const [name, service] of Object.entries({
      order,
      payment,
      inventory,
      gateway,
      ...Object.fromEntries(others),
    })) {
      await eventually(
        `${name} to be ready`,
        async () => {
          const response = await fetch(`http://127.0.0.1:${service.managementPort}/readyz`);
          if (response.ok) return true;
          throw new Error(await response.text());
        },
        30_000,
      );
    }

    const gatewayUrl = `http://127.0.0.1:${gateway.httpPort ?? 0}`;
    const token: OrderPlatform["token"] = (subject, claims = {}) =>
      new SignJWT(claims.scope === undefined ? {} : { scope: claims.scope })
        .setProtectedHeader({ alg: "ES256", kid: "test" })
        .setSubject(subject)
        .setIssuer("https://token.kit.local")
        .setAudience(claims.audience ?? "order-platform")
        .setIssuedAt()
        .setExpirationTime(claims.expiresAt ?? "10m")
        .sign(privateKey);
    const call = async <T>(
      method: string,
      path: string,
      options: Parameters<OrderPlatform["call"]>[2] = {},
    ): Promise<Answer<T>> => {
      const body = options.text ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
      const response = await fetch(`${gatewayUrl}${path}`, {
        method,
        headers: {
          ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...options.headers,
        },
        ...(body === undefined ? {} : { body }),
      });
      return { status: response.status, headers: response.headers, body: (await response.json()) as T };
    };

    let placed = 0;
    return {
      postgres,
      kafka,
      registry,
      plan,
      gatewayUrl,
      claimCheckFolder: join(folder, "claim-checks"),
      environment,
      token,
      call,
      stop,
      others,
      services: { order, payment, inventory, gateway },
      async place(items, customer = "cust-1") {
        placed += 1;
        const key = `key-${process.pid}-${placed}`;
        const answer = await call<{ orderId: string }>("POST", "/orders", {
          token: await token(customer),
          headers: { "idempotency-key": key },
          body: { items, currency: "EUR", shippingAddress: "1 Main Street, 10115 Berlin, DE" },
        });
        if (answer.status !== 202) throw new Error(`POST /orders: ${answer.status} ${JSON.stringify(answer.body)}`);
        return answer.body.orderId;
      },
      async ended(orderId, { customer = "cust-1", limitMs = 15_000 } = {}) {
        const bearer = await token(customer);
        return eventually(
          `order ${orderId} to end`,
          async () => {
            const answer = await call<ShownOrder>("GET", `/orders/${orderId}`, { token: bearer });
            return answer.status === 200 && answer.body.status !== "pending" ? answer.body : undefined;
          },
          limitMs,
        );
      },
      async behave(behaviour) {
        const response = await fetch(`http://127.0.0.1:${payment.managementPort}/simulator`, {
          method: "PUT",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(behaviour),
        });
        if (!response.ok) throw new Error(`PUT /simulator: ${response.status} ${await response.text()}`);
      },
      async sql<R>(database: string, text: string, values: readonly unknown[] = []) {
        const client = await postgres.connect(database);
        try {
          return (await client.query(text, [...values])).rows as R[];
        } finally {
          await client.end();
        }
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
