import type { ConnectionOptions } from "node:tls";
import { connect } from "node:tls";
import { Admin, Consumer, FetchIsolationLevels } from "@platformatic/kafka";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadModel } from "../../components/model/load.ts";
import { expectRead } from "../../components/model/read.ts";
import { auditorPrincipal } from "../../components/plan/access/auditor.ts";
import { planPlatform } from "../../components/plan/plan.ts";
import type { PlatformPlan } from "../../components/plan/types.ts";
import { PROJECT_DIR } from "../platform/kit-command.ts";
import { testPlatform } from "../platform/test-platform.ts";
import { adminClient, asAdmin, asPrincipal, textProducer } from "./clients.ts";
import { outcomeOf } from "./protocol-errors.ts";

const DENIED = "TOPIC_AUTHORIZATION_FAILED";

/** Why the server ended a TLS connection on which the client sent nothing; `still open` after 10 s. */
function connectionEnd(address: string, options: ConnectionOptions): Promise<string> {
  const [host, port] = address.split(":");
  return new Promise((resolve) => {
    const socket = connect({ host: host ?? "", port: Number(port), ...options });
    const end = (reason: string) => {
      resolve(reason);
      socket.destroy();
    };
    socket.setTimeout(10_000, () => end("still open"));
    socket.once("error", (error) => end(error.message));
    socket.once("close", () => end("closed"));
    socket.resume();
  });
}

describe("access on the real cluster", async () => {
  const platform = testPlatform();
  const { model, stack } = expectRead(await loadModel(PROJECT_DIR, "local"));
  const plan: PlatformPlan = planPlatform(model, stack);
  const topics = plan.topics.map((topic) => topic.name);
  const allowed = (principal: string, operation: string): Set<string> =>
    new Set(
      plan.acls
        .filter((acl) => acl.principal === principal && acl.operation === operation && acl.resourceType === "Topic")
        .map((acl) => acl.resourceName),
    );

  const admin = adminClient(platform);
  let located: Map<string, { id: string; leader: number }>;
  beforeAll(async () => {
    const metadata = await admin.metadata({ topics });
    located = new Map(
      [...metadata.topics].map(([name, topic]) => [name, { id: topic.id, leader: topic.partitions[0]?.leader ?? -1 }]),
    );
  });
  afterAll(() => admin.close());

  it.each(plan.principals.map((principal) => principal.name))(
    "%s can write to no topic that is not its own",
    async (principal) => {
      const own = allowed(principal, "Write");
      const foreign = topics.filter((topic) => !own.has(topic));
      const producer = textProducer(asPrincipal(platform, principal));
      try {
        const outcomes = [];
        for (const topic of foreign) {
          outcomes.push([
            topic,
            await outcomeOf(() => producer.send({ messages: [{ topic, key: "intruder", value: "intruder" }] })),
          ]);
        }
        // A principal that may write nowhere gets no producer id, and is rejected before any topic is checked.
        const refusal = own.size === 0 ? "CLUSTER_AUTHORIZATION_FAILED" : DENIED;
        expect(Object.fromEntries(outcomes)).toEqual(Object.fromEntries(foreign.map((topic) => [topic, refusal])));
        expect(foreign.length).toBeGreaterThan(0);
      } finally {
        await producer.close();
      }
    },
  );

  it.each(plan.principals.map((principal) => principal.name))(
    "%s can read its own topics and no other",
    async (principal) => {
      const own = allowed(principal, "Read");
      const outcomes = await Promise.all(
        topics.map(async (topic) => [topic, await readOutcome(principal, topic)] as const),
      );
      expect(Object.fromEntries(outcomes)).toEqual(
        Object.fromEntries(topics.map((topic) => [topic, own.has(topic) ? "allowed" : DENIED])),
      );
    },
  );

  /**
   * The broker's answer to a fetch from the topic's first partition. Uses a new consumer, so that no fetch session links two
   * topics.
   */
  async function readOutcome(principal: string, topic: string): Promise<string> {
    const { id, leader } = located.get(topic) ?? { id: "", leader: -1 };
    const consumer = new Consumer({ ...asPrincipal(platform, principal), groupId: principal });
    try {
      return await outcomeOf(() =>
        consumer.fetch({
          node: leader,
          maxWaitTime: 1,
          minBytes: 0,
          isolationLevel: FetchIsolationLevels.READ_COMMITTED,
          topics: [
            {
              topicId: id,
              partitions: [
                { partition: 0, currentLeaderEpoch: -1, fetchOffset: 0n, lastFetchedEpoch: -1, partitionMaxBytes: 1 },
              ],
            },
          ],
        }),
      );
    } finally {
      await consumer.close(true);
    }
  }

  const groups = plan.contracts.flatMap((contract) => contract.group ?? []);
  const asMemberOf = async (
    principal: string,
    group: string,
    request: (consumer: Consumer) => Promise<unknown>,
  ): Promise<string> => {
    const consumer = new Consumer({ ...asPrincipal(platform, principal), groupId: group });
    const outcome = await outcomeOf(() => request(consumer));
    await consumer.close(true);
    return `${principal} in ${group}: ${outcome}`;
  };

  it("no service can look into another's consumer group", async () => {
    for (const { name: principal } of plan.principals.filter(({ name }) => name !== auditorPrincipal))
      for (const group of groups)
        expect(await asMemberOf(principal, group, (consumer) => consumer.findGroupCoordinator())).toBe(
          `${principal} in ${group}: ${principal === group ? "allowed" : "GROUP_AUTHORIZATION_FAILED"}`,
        );
  });

  it("the auditor can look into every consumer group, and move none", async () => {
    const topics = [{ name: "order-events", partitionOffsets: [{ partition: 0, offset: 0n }] }];
    const auditor = new Admin(asPrincipal(platform, auditorPrincipal));
    try {
      for (const group of groups) {
        expect(await asMemberOf(auditorPrincipal, group, (consumer) => consumer.findGroupCoordinator())).toBe(
          `${auditorPrincipal} in ${group}: allowed`,
        );
        const moved = await outcomeOf(() => auditor.alterConsumerGroupOffsets({ groupId: group, topics }));
        expect(`${group}: ${moved}`).toBe(`${group}: GROUP_AUTHORIZATION_FAILED`);
      }
    } finally {
      await auditor.close();
    }
  });

  it("refuses a wrong password, a plain connection, and the admin listener without a certificate", async () => {
    const { tls: _tls, ...plain } = asPrincipal(platform, "order-service");
    for (const connection of [
      asPrincipal(platform, "order-service", "not the password"),
      { ...plain, connectTimeout: 3_000, requestTimeout: 3_000 },
    ]) {
      const intruder = new Admin(connection);
      await expect(intruder.metadata({ topics: ["order-events"] })).rejects.toThrow();
      await intruder.close();
    }
    // With TLS 1.3 the client finishes its handshake before the broker notices the missing certificate.
    await expect(
      connectionEnd(asAdmin(platform).bootstrapBrokers[0] ?? "", { ca: asAdmin(platform).tls.ca }),
    ).resolves.toMatch(/certificate required/i);
  });

  it("gives an application no right to create topics", async () => {
    const producer = textProducer(asPrincipal(platform, "order-service"));
    expect(await outcomeOf(() => producer.send({ messages: [{ topic: "made-by-typo", key: "k", value: "v" }] }))).toBe(
      DENIED,
    );
    await producer.close();
    expect(await admin.listTopics()).not.toContain("made-by-typo");
  });
});
