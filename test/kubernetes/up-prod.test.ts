import { join } from "node:path";
import type { KafkaConfig } from "@event-platform-kit/service/config";
import { consumerFetchesChannel } from "@platformatic/kafka";
import { describe, expect, it } from "vitest";
import { listenerOf } from "../../components/kafka/strimzi/listener-status.ts";
import { readServiceTemplates } from "../../components/services/template.ts";
import { openPublisher } from "../../service-templates/lib/kafka/publisher.ts";
import { subscribe } from "../../service-templates/lib/kafka/subscription.ts";
import { eventually } from "../platform/condition.ts";
import { PROJECT_DIR } from "../platform/kit-command.ts";
import type { Setting } from "./platform-stack.ts";
import { placesOf, writtenBy } from "./site/leaks.ts";
import { OUTSIDE } from "./site/needs.ts";
import { describePlatform, expectNothingLeft, MINUTE_MS } from "./site/platform-site.ts";
import { DESTROY, exported, good, liveCluster, plain, summary, UP } from "./stack-state.ts";

const WITH_PACK = ["--policy-pack", "policies"];
const KAFKA = "/apis/kafka.strimzi.io/v1/namespaces/kafka";
const DIGEST = `sha256:${"a".repeat(64)}`;

/** Set as by a pipeline that has built the images. */
const DIGESTS = readServiceTemplates(join(PROJECT_DIR, "service-templates")).map(
  ({ name }): Setting => [["kubernetes", "workloads", "images", "digests", name], DIGEST],
);
const OLD = "4.2.1";
/** Prod before the newest Kafka, with third-party images from a mirror, by digest. */
const BEFORE: readonly Setting[] = [
  ...DIGESTS,
  [["kubernetes", "kafka", "version"], OLD],
  [["kubernetes", "kafka", "metadataVersion"], "4.2-IV1"],
  [["kubernetes", "strimzi", "image"], `registry.example.com/mirror/strimzi/operator:1.2.0@${DIGEST}`],
  [
    ["kubernetes", "strimzi", "kafkaImages"],
    Object.fromEntries(
      ["4.2.0", OLD, "4.3.0", "4.3.1"].map((version) => [
        version,
        `registry.example.com/mirror/strimzi/kafka:1.2.0-kafka-${version}@${DIGEST}`,
      ]),
    ),
  ],
  [["kubernetes", "registry", "image"], `registry.example.com/mirror/apicurio/apicurio-registry:3.3.3@${DIGEST}`],
];
const ZONES = ["zone-a", "zone-b", "zone-c"];
const pools = (change: string): string[] => ZONES.map((zone) => `update KafkaNodePool kafka/broker-${zone}: ${change}`);
const MEMORY = ["resources", "memory"];

/** Changes that would lose or strand records, and their error messages. */
const REFUSED: readonly {
  readonly what: string;
  readonly to: readonly Setting[];
  readonly back: readonly Setting[];
  readonly words: readonly RegExp[];
}[] = [
  {
    what: "fewer brokers that nothing empties first",
    to: [
      [["kafka", "brokersPerZone"], 3],
      [["kubernetes", "kafka", "cruiseControl"], false],
    ],
    back: [
      [["kafka", "brokersPerZone"], 4],
      [["kubernetes", "kafka", "cruiseControl"], undefined],
    ],
    words: [/brokersPerZone/, /from 4 to 3/, /To fix it: set kubernetes\.kafka\.cruiseControl: true/],
  },
  {
    what: "a zone taken away",
    to: [[["kafka", "zones"], ZONES.slice(0, 2)]],
    back: [[["kafka", "zones"], ZONES]],
    words: [/property zones/, /zone zone-c would go with 4 brokers/, /To fix it: list zone-a, zone-b, zone-c first/],
  },
  {
    what: "fewer partitions, by the factor on all of them",
    to: [[["topics", "partitionFactor"], 0.5]],
    back: [[["topics", "partitionFactor"], 1]],
    words: [
      /topics\["order-events"\]\.partitions/,
      /has 30 partitions and would be lowered to 15/,
      /To fix it: set topics\.partitionFactor in the stack's file back to 1, it is 0\.5 now/,
    ],
  },
];

describePlatform("prod", BEFORE, (site) => {
  /** Everything that the API server holds of Kafka, by what changes with every write to what is declared. */
  const generations = async (): Promise<readonly string[]> => {
    const objects = [
      ...(await site().server.client.list(`${KAFKA}/kafkas`)),
      ...(await site().server.client.list(`${KAFKA}/kafkanodepools`)),
    ];
    return objects
      .map(
        ({ kind, metadata }) =>
          `${kind} ${metadata.name} ${String(metadata.generation)} ${String(metadata.deletionTimestamp)}`,
      )
      .sort();
  };

  it("is accepted whole, by the rules too, without a warning", { timeout: 8 * MINUTE_MS }, async () => {
    const run = good(await site().pulumi([...UP, ...WITH_PACK]));
    expect(run.violations).toEqual([]);
    for (const part of site().parts) await part.answered;
    const live = await liveCluster(site().server.client, await exported(site().stack));
    expect(live.topics.find(({ name }) => name === "order-events")).toMatchObject({
      partitions: 30,
      replicas: { least: 3, most: 3 },
    });
  });

  it("changes nothing when it is looked at again", { timeout: 3 * MINUTE_MS }, async () => {
    expect(summary(good(await site().pulumi(["preview"])))).toEqual([]);
  });

  it("lets a consumer read from the brokers of its own zone alone, by the library of the services", {
    timeout: 3 * MINUTE_MS,
  }, async () => {
    const nodes: (number | undefined)[] = [];
    const watcher = (message: unknown): void =>
      void nodes.push((message as { readonly options?: { readonly node?: number } }).options?.node);
    const state = await exported(site().stack);
    const listener = listenerOf((await site().server.client.read(`${KAFKA}/kafkas/kafka`))?.status, "tls");
    const configOf = (username: string): KafkaConfig => ({
      brokers: listener.addresses,
      ca: listener.certificates,
      username,
      contractFile: "",
      schemasDir: "",
      registryUrl: "",
      password: plain(
        state.deployment.resources.find(({ urn }) => urn.endsWith(`kit:index:Password::kafka-${username}`))?.outputs
          ?.value,
      ),
    });
    consumerFetchesChannel.start.subscribe(watcher);
    const membership = await subscribe({
      config: { ...configOf("payment-service"), zone: "zone-1" },
      clientId: "payment-service",
      group: "payment-service",
      topics: ["order-events"],
    });
    const publisher = openPublisher({ config: configOf("order-service"), clientId: "order-service" });
    try {
      await eventually(
        "records to be fetched from the broker of the zone alone",
        () => (nodes.length > 10 && nodes.slice(-6).every((node) => node === 100) ? true : undefined),
        MINUTE_MS,
      );
      await publisher.publish([
        { topic: "order-events", key: Buffer.from("zone"), value: Buffer.from("a record"), headers: {} },
      ]);
      const [record] = await membership.records.next(1, AbortSignal.timeout(MINUTE_MS));
      expect(record?.value?.toString()).toBe("a record");
      expect(new Set(nodes.slice(-3))).toEqual(new Set([100]));
    } finally {
      consumerFetchesChannel.start.unsubscribe(watcher);
      await publisher.close();
      await membership.close();
    }
  });

  it("shows larger disks as a change of the pools of brokers, more memory for a service as one of its pods and the bound of all", {
    timeout: 3 * MINUTE_MS,
  }, async () => {
    const volumes = ["kubernetes", "kafka", "broker", "volumes"];
    await site().stack.set(
      [volumes, ["2TiB", "1TiB", "1TiB"]],
      [["kubernetes", "workloads", "services", "payment-service", ...MEMORY], "512Mi"],
    );
    const run = good(await site().pulumi(["preview"]));
    await site().stack.set([volumes, ["1TiB", "1TiB"]], [["kubernetes", "workloads", "services"], undefined]);
    const container = "spec.template.spec.containers[0]";
    expect(summary(run)).toEqual([
      "update ClusterLedger cluster: brokerVolumes[0], brokerVolumes[2]",
      "update KafkaRollout kafka: declared",
      `update Deployment services/payment-service: ${container}.args[1], ${container}.resources.limits.memory, ${container}.resources.requests.memory`,
      'update ResourceQuota services/bounds: spec.hard["limits.memory"], spec.hard["requests.memory"]',
      ...pools("spec.storage.volumes[0].size, spec.storage.volumes[2]"),
    ]);
  });

  it("rolls newer brokers out as they were previewed, by the rules, and nothing else", {
    timeout: 5 * MINUTE_MS,
  }, async () => {
    await site().stack.set([["kubernetes", "kafka", "version"], "4.3.1"]);
    const plan = join(site().stack.stateDir, "plan.json");
    const previewed = good(await site().pulumi(["preview", ...WITH_PACK, "--save-plan", plan]));
    expect(summary(previewed)).toEqual([
      "update KafkaRollout kafka: declared",
      "update Kafka kafka/kafka: spec.kafka.version",
    ]);
    const done = good(await site().pulumi([...UP, ...WITH_PACK, "--plan", plan]));
    expect([summary(done), done.violations]).toEqual([summary(previewed), []]);
    expect(await site().server.client.read(`${KAFKA}/kafkas/kafka`)).toMatchObject({
      spec: { kafka: { version: "4.3.1", metadataVersion: "4.2-IV1" } },
    });
  });

  it("gets one more broker in each zone: the pools of brokers change, and no other", {
    timeout: 5 * MINUTE_MS,
  }, async () => {
    await site().stack.set([["kafka", "brokersPerZone"], 4]);
    expect(summary(good(await site().pulumi(UP)))).toEqual([
      "update ClusterLedger cluster: brokersPerZone",
      "update KafkaRollout kafka: declared, pools[1].replicas, pools[2].replicas, pools[3].replicas",
      ...pools("spec.replicas"),
    ]);
    const found = await site().server.client.list(`${KAFKA}/kafkanodepools`);
    expect(
      found.map(({ metadata, spec }) => [metadata.name, (spec as { readonly replicas: number }).replicas]),
    ).toEqual([
      ["broker-zone-a", 4],
      ["broker-zone-b", 4],
      ["broker-zone-c", 4],
      ["controller", 3],
    ]);
  });

  describe("what would strand records is refused with place, value and fix, and touches nothing:", () => {
    it.each(REFUSED)("$what", { timeout: 3 * MINUTE_MS }, async ({ to, back, words }) => {
      const before = await generations();
      await site().stack.set(...to);
      const run = await site().pulumi(UP);
      await site().stack.set(...back);
      expect(run.code, run.text).not.toBe(0);
      for (const word of words) expect(run.complaints.join("\n")).toMatch(word);
      expect(run.steps.filter(({ type }) => !type.startsWith("pulumi:"))).toEqual([]);
      expect(await generations()).toEqual(before);
    });
  });

  it("is refused by the rules where what holds data is not protected, or an image may change", {
    timeout: 3 * MINUTE_MS,
  }, async () => {
    await site().stack.set(
      [["kubernetes", "protect"], false],
      [["kubernetes", "workloads", "images", "digests", "order-service"], undefined],
    );
    const run = await site().pulumi(["preview", ...WITH_PACK]);
    await site().stack.set([["kubernetes", "protect"], undefined], ...DIGESTS);
    expect(run.code).not.toBe(0);
    expect(run.violations).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^mandatory protected-resource order-events: /),
        expect.stringMatching(/^mandatory workload-image-digest services\/order-service: /),
      ]),
    );
  });

  it("shows nothing of what it was given in secret", async () => {
    const written = await writtenBy(site());
    for (const value of Object.values(OUTSIDE)) expect(placesOf(value, written)).toEqual([]);
  });

  it("is not destroyed while it is protected", { timeout: 3 * MINUTE_MS }, async () => {
    const before = await generations();
    // The preview refuses. Without it the engine first deletes everything that is not protected.
    const run = await site().pulumi(["destroy", "--yes"]);
    expect(run.code, run.text).not.toBe(0);
    for (const name of ["order-events", "order_service", "services"])
      expect(run.complaints).toContainEqual(
        expect.stringMatching(
          new RegExp(`^${name}: Preview failed: [^]* cannot be deleted\\s+because it is protected`),
        ),
      );
    expect(await generations()).toEqual(before);
  });

  it("is taken down for good as the guide says: protection off, up, destroy", { timeout: 6 * MINUTE_MS }, async () => {
    await site().stack.set([["kubernetes", "protect"], false]);
    // No changes: the refused run has deleted nothing.
    expect(summary(good(await site().pulumi(UP)))).toEqual([]);
    good(await site().pulumi(DESTROY));
    await expectNothingLeft(site());
  });
});
