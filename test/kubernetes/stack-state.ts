/** What a run of a stack left: in the state, and in the servers that it names. */
import { expect } from "vitest";
import { readCluster } from "../../cli/live/cluster-reader.ts";
import { listenerOf } from "../../components/kafka/strimzi/listener-status.ts";
import type { PlatformStack, Run } from "./platform-stack.ts";
import type { ApiClient } from "./servers/api-client.ts";

/** Arguments of a whole `pulumi up`. */
export const UP = ["up", "--yes", "--skip-preview", "--parallel", "64"];
/** Arguments of a whole `pulumi destroy`. */
export const DESTROY = ["destroy", "--yes", "--skip-preview", "--parallel", "64"];

/** The run, which must have ended well: a warning is a failure. */
export function good(run: Run): Run {
  expect(run.complaints, run.text.slice(-4_000)).toEqual([]);
  expect(run.code, run.text.slice(-4_000)).toBe(0);
  return run;
}

/** The state with every secret in plain, for the test's eyes alone. */
export interface Exported {
  readonly deployment: {
    readonly resources: readonly {
      readonly type: string;
      readonly urn: string;
      readonly protect?: boolean;
      readonly outputs?: Readonly<Record<string, unknown>>;
    }[];
  };
}

/** The state as it is, secrets in plain. */
export async function exported(stack: PlatformStack): Promise<Exported> {
  const run = await stack.pulumi(["stack", "export", "--show-secrets"]);
  return JSON.parse(run.text.slice(run.text.indexOf("{"))) as Exported;
}

/** The secret value of a text in a state that was exported in plain. */
export function plain(value: unknown): string {
  const text: unknown =
    typeof value === "object" && value !== null && "plaintext" in value ? JSON.parse(String(value.plaintext)) : value;
  return typeof text === "string" ? text : "";
}

/** Values that must stay secret: passwords, and a line of each private key. */
export function secretsOf({ deployment }: Exported): readonly string[] {
  return deployment.resources.flatMap(({ type, outputs }) => {
    if (type === "kit:index:Password") return [plain(outputs?.value)];
    if (type === "kit:index:Certificate") return [plain(outputs?.privateKeyPem).split("\n")[1] ?? ""];
    return [];
  });
}

/** Reads the cluster as the admin does whose certificate the state holds. */
export async function liveCluster(
  client: ApiClient,
  state: Exported,
): Promise<Awaited<ReturnType<typeof readCluster>>["live"]> {
  const kafka = await client.read("/apis/kafka.strimzi.io/v1/namespaces/kafka/kafkas/kafka");
  const { addresses, certificates } = listenerOf(kafka?.status, "admin");
  const admin = state.deployment.resources.find(
    ({ type, urn }) => type === "kit:index:Certificate" && urn.endsWith("::authorities-admin"),
  )?.outputs;
  const reading = await readCluster(
    { brokers: addresses, tls: { ca: certificates, cert: plain(admin?.chainPem), key: plain(admin?.privateKeyPem) } },
    new Set(),
  );
  return reading.live;
}

/** Asserts that what lives in the servers was really made: topics, users, rules and quotas in Kafka, subjects in the registry. */
export async function expectServersFilled(client: ApiClient, state: Exported, registryUrl: string): Promise<void> {
  const live = await liveCluster(client, state);
  expect(live.topics.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["order-events", "payment-events", "inventory-events", "payment-service.dlt"]),
  );
  expect(live.users.map(({ name }) => name)).toEqual(expect.arrayContaining(["order-service", "payment-service"]));
  expect(live.acls.length).toBeGreaterThan(50);
  expect(live.quotas.length).toBeGreaterThan(0);
  const subjects: unknown = await (await fetch(`${registryUrl}/apis/ccompat/v7/subjects`)).json();
  expect(subjects).toEqual(expect.arrayContaining([expect.stringContaining("OrderCreated")]));
}

/** Namespaces that a stack makes. */
export const NAMESPACES: readonly string[] = ["kafka", "platform", "services"];

/** Asserts that a destroyed stack is in the state no more, nor are its namespaces in the cluster. */
export async function expectDestroyed(client: ApiClient, stack: PlatformStack): Promise<void> {
  expect((await exported(stack)).deployment.resources ?? []).toEqual([]);
  const namespaces = await client.list("/api/v1/namespaces");
  expect(namespaces.map(({ metadata }) => metadata.name).filter((name) => NAMESPACES.includes(name))).toEqual([]);
}

const RBAC = "/apis/rbac.authorization.k8s.io/v1";

/** Names of what stands in the whole cluster, in no namespace, and has to do with Strimzi or the platform. */
export async function clusterWide(
  client: ApiClient,
): Promise<Readonly<Record<"definitions" | "roles" | "bindings", readonly string[]>>> {
  const namesOf = async (path: string): Promise<readonly string[]> =>
    (await client.list(path))
      .filter(
        ({ metadata }) =>
          metadata.name.includes("strimzi") || metadata.labels?.["app.kubernetes.io/part-of"] === "event-platform",
      )
      .map(({ metadata }) => metadata.name)
      .sort();
  const [definitions, roles, bindings] = await Promise.all([
    namesOf("/apis/apiextensions.k8s.io/v1/customresourcedefinitions"),
    namesOf(`${RBAC}/clusterroles`),
    namesOf(`${RBAC}/clusterrolebindings`),
  ]);
  return { definitions, roles, bindings };
}

/** Asserts that of a destroyed platform only that stands in the cluster which others use too: Strimzi's definitions, and the role of brokers. */
export async function expectOnlySharedLeft(client: ApiClient): Promise<void> {
  const { definitions, roles, bindings } = await clusterWide(client);
  expect(definitions).toContain("kafkas.kafka.strimzi.io");
  expect(definitions).toHaveLength(10);
  expect(roles).toEqual(["strimzi-kafka-broker"]);
  expect(bindings).toEqual([]);
}

/** A run's steps on resources, components and the engine's own left out. */
export const summary = (run: Run): readonly string[] =>
  run.steps
    .filter(({ type }) => !type.startsWith("pulumi:") && !type.startsWith("platform:"))
    .map(({ op, type, name, diffs }) => `${op} ${type.split(":").at(-1)} ${name}: ${diffs.join(", ")}`);
