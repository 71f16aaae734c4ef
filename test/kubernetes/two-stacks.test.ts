/** Two stacks and another team in one cluster. Of each stack only what concerns the others is made: its namespaces, and Strimzi with its rights. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runKit } from "../platform/kit-command.ts";
import { openTopicStack, type TopicStack } from "../topic-stack/stack.ts";
import type { ApiObject } from "./servers/api-client.ts";
import { type ApiServer, startApiServer, whyNoApiServer } from "./servers/api-server.ts";
import { clusterWide, expectOnlySharedLeft } from "./stack-state.ts";

const why = await whyNoApiServer({ controllers: true });
const MINUTE_MS = 60_000;
/** What another team made by the same definitions. */
const FOREIGN: readonly ApiObject[] = [
  { apiVersion: "v1", kind: "Namespace", metadata: { name: "team-c" } },
  {
    apiVersion: "kafka.strimzi.io/v1",
    kind: "Kafka",
    metadata: { name: "theirs", namespace: "team-c" },
    spec: { kafka: { listeners: [{ name: "plain", port: 9092, type: "internal", tls: false }] } },
  },
  {
    apiVersion: "kafka.strimzi.io/v1",
    kind: "KafkaTopic",
    metadata: { name: "theirs", namespace: "team-c", labels: { "strimzi.io/cluster": "theirs" } },
    spec: { partitions: 1, replicas: 1 },
  },
];
const ROOT = join(import.meta.dirname, "../..");

/** What a stack installs in the cluster for Kafka; `INSTALLATION` names the stack and the namespace. */
const PROGRAM = `
  import * as kubernetes from "@pulumi/kubernetes";
  import { installStrimzi } from "${ROOT}/components/kafka/strimzi/installation.ts";
  import { readDefinitions } from "${ROOT}/components/kubernetes/definitions.ts";
  import { namespaceBounds, namespaceManifests, SERVER_CONTAINERS, serverBounds } from "${ROOT}/components/kubernetes/namespaces.ts";
  import { KubernetesObject } from "${ROOT}/components/kubernetes/object.ts";
  import { locateStrimziCrds } from "${ROOT}/toolchain/strimzi/strimzi-crds.ts";
  const { stack, namespace } = JSON.parse(process.env.INSTALLATION);
  const provider = new kubernetes.Provider("kubernetes", { context: "test", enableServerSideApply: true });
  const [first, ...guards] = [
    ...namespaceManifests({ name: namespace, stack, containers: SERVER_CONTAINERS }),
    namespaceBounds(namespace, serverBounds(300, true)),
  ];
  const made = new KubernetesObject(first, { provider });
  const dependsOn = [made, ...guards.map((guard) => new KubernetesObject(guard, { provider, dependsOn: [made] }))];
  installStrimzi({
    namespace, cluster: "kafka", image: undefined, pods: {}, kafkaImages: undefined, apiServers: ["0.0.0.0/0"], apiServerPorts: [443, 6443], metricsReaders: [],
    dns: { namespace: "kube-system", podLabels: { "k8s-app": "kube-dns" }, addresses: [], ports: [53] },
    definitions: await readDefinitions(await locateStrimziCrds()), provider, dependsOn, protect: false,
  });
`;

describe.skipIf(why !== undefined)(`two stacks in one cluster${why === undefined ? "" : ` (skipped: ${why})`}`, () => {
  const opened: { server?: ApiServer; stacks: TopicStack[] } = { stacks: [] };
  let server: ApiServer;
  let first: TopicStack;
  let second: TopicStack;

  beforeAll(async () => {
    server = opened.server = await startApiServer({ controllers: true, crds: [] });
    for (let count = 0; count < 2; count += 1) {
      const stack = await openTopicStack("127.0.0.1:1");
      opened.stacks.push(stack);
      await writeFile(join(stack.folder, "index.ts"), PROGRAM);
    }
    [first, second] = opened.stacks as [TopicStack, TopicStack];
  }, 5 * MINUTE_MS);
  afterAll(async () => {
    for (const stack of opened.stacks) await stack.remove();
    await opened.server?.stop();
  });

  const run = (
    stack: TopicStack,
    args: readonly string[],
    installation: { readonly stack: string; readonly namespace: string },
  ) =>
    stack.pulumi(args, {
      env: {
        KUBECONFIG: server.kubeconfig,
        PULUMI_SKIP_CHECKPOINTS: "true",
        INSTALLATION: JSON.stringify(installation),
      },
    });
  const ends = async (...args: Parameters<typeof run>): Promise<void> => {
    const { code, text } = await run(...args);
    expect(code, text).toBe(0);
  };
  const FIRST = { stack: "dev", namespace: "kafka" };
  const SECOND = { stack: "staging", namespace: "kafka-b" };

  const uids = async (): Promise<readonly unknown[]> =>
    await Promise.all(
      FOREIGN.map(async (object) => (await server.client.read(await server.client.pathOf(object)))?.metadata.uid),
    );
  const definitions = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await runKit(
      { stateDir: first.folder, portBase: 0 },
      ["definitions", "--stack", "dev", "--json", ...args],
      { env: { KUBECONFIG: server.kubeconfig } },
    );
    expect([0, 1], stderr).toContain(code);
    return {
      code,
      ...(JSON.parse(stdout) as {
        definitions: { name: string; resources: { namespace: string; name: string }[] }[];
        operators: { namespace: string }[];
        removed: boolean;
      }),
    };
  };

  it("refuses the second one the namespaces of the first", { timeout: 4 * MINUTE_MS }, async () => {
    await ends(first, ["up"], FIRST);
    for (const object of FOREIGN) expect((await server.client.apply(object)).status).toBeLessThan(300);
    const { code, text } = await run(second, ["up"], { ...FIRST, stack: SECOND.stack });
    expect(code, text).not.toBe(0);
    expect(text).toMatch(/metadata\.labels\.event-platform\/stack/);
    expect(await server.client.read("/api/v1/namespaces/kafka")).toMatchObject({
      metadata: { labels: { "event-platform/stack": "dev" } },
    });
  });

  it("installs the second one in namespaces of its own, without a clash of names", {
    timeout: 4 * MINUTE_MS,
  }, async () => {
    await ends(second, ["up"], SECOND);
    const { roles, bindings } = await clusterWide(server.client);
    expect(roles).toEqual([
      "strimzi-cluster-operator-kafka",
      "strimzi-cluster-operator-kafka-b",
      "strimzi-kafka-broker",
    ]);
    expect(bindings).toEqual(
      ["kafka", "kafka-b"]
        .flatMap((name) => [
          `strimzi-cluster-operator-${name}`,
          `strimzi-cluster-operator-${name}-broker`,
          `strimzi-${name}-kafka-kafka-init`,
        ])
        .sort(),
    );
  });

  it("leaves nothing of the first when it is destroyed, and everything of the second and of the other team", {
    timeout: 4 * MINUTE_MS,
  }, async () => {
    const before = await uids();
    expect(before).toEqual(FOREIGN.map(() => expect.any(String)));
    const all = await clusterWide(server.client);
    await ends(first, ["destroy"], FIRST);
    expect(await uids()).toEqual(before);
    const ofSecond = (name: string): boolean => /kafka-b(-|$)/.test(name);
    expect(await clusterWide(server.client)).toEqual({
      definitions: all.definitions,
      roles: ["strimzi-cluster-operator-kafka-b", "strimzi-kafka-broker"],
      bindings: all.bindings.filter(ofSecond),
    });
    expect(await server.client.read("/api/v1/namespaces/kafka")).toBeUndefined();
  });

  it("keeps the definitions while anybody needs them; then they are taken away by a step of its own", {
    timeout: 4 * MINUTE_MS,
  }, async () => {
    const refused = await definitions("--remove");
    expect(refused).toMatchObject({ code: 1, removed: false, operators: [{ namespace: "kafka-b" }] });
    expect(refused.definitions.find(({ name }) => name === "kafkas.kafka.strimzi.io")?.resources).toEqual([
      { namespace: "team-c", name: "theirs" },
    ]);
    await ends(second, ["destroy"], SECOND);
    await expectOnlySharedLeft(server.client);
    expect(await definitions("--remove")).toMatchObject({ code: 1, removed: false, operators: [] });
    for (const object of FOREIGN.toReversed())
      await server.client.request("DELETE", await server.client.pathOf(object));
    await server.until(
      "the end of the other team's namespace",
      async () => (await server.client.read("/api/v1/namespaces/team-c")) === undefined,
      MINUTE_MS,
    );
    expect(await definitions("--remove")).toMatchObject({ code: 0, removed: true });
    await server.until(
      "the end of the definitions",
      async () => (await clusterWide(server.client)).definitions.length === 0,
      MINUTE_MS,
    );
    expect(await clusterWide(server.client)).toEqual({ definitions: [], roles: [], bindings: [] });
  });
});
