/**
 * A Pulumi program that declares only topics and access to them, on an existing cluster, for tests and benchmarks of topics.
 * `TOPIC_STACK` names a JSON file with the declaration.
 */
import { readFileSync } from "node:fs";
import * as kafka from "@pulumi/kafka";
import * as pulumi from "@pulumi/pulumi";
import { KafkaAccess } from "../../components/kafka/access.ts";
import { begunTopics, topicsToImport } from "../../components/kafka/begun-topics.ts";
import { KafkaTopics } from "../../components/kafka/topics.ts";
import { leaveOutTracing } from "../../components/lean-program.ts";
import type { PlannedTopic, PlatformPlan } from "../../components/plan/types.ts";
import { TopicLedger } from "../../components/provider/resources.ts";

/** Who may do what. */
export type DeclaredAccess = Pick<PlatformPlan, "principals" | "acls" | "quotas">;

/** What the file holds. */
export interface TopicStackDeclaration {
  /** `host:port` of a plain listener. */
  readonly bootstrap: string;
  readonly topics: readonly PlannedTopic[];
  readonly protect: boolean;
  readonly access?: DeclaredAccess;
}

/** Declares the stack; called by the entry file of the throw-away project. */
export async function declareTopicStack(): Promise<void> {
  leaveOutTracing(process.env);
  const file = process.env.TOPIC_STACK;
  if (file === undefined) throw new Error("TOPIC_STACK is not set.");
  const { bootstrap, topics, protect, access }: TopicStackDeclaration = JSON.parse(readFileSync(file, "utf8"));
  const none = pulumi.output("");
  const ledger = new TopicLedger("topics", {
    topics: Object.fromEntries(topics.map(({ name, partitions }) => [name, { partitions }])),
  });
  const cluster = {
    bootstrap: pulumi.output([bootstrap]),
    admin: pulumi.output([bootstrap]),
    caCertificate: none,
    adminIdentity: { certificate: none, privateKey: none },
    brokerCount: 1,
    owner: ledger,
    external: true,
  };
  const provider = new kafka.Provider("kafka-admin", { bootstrapServers: [bootstrap], tlsEnabled: false });
  const imported = await topicsToImport({ cluster, provider, topics, begun: begunTopics(process.env) });
  const declared = new KafkaTopics("topics", { cluster, provider, topics, protect, imported });
  if (access !== undefined) new KafkaAccess("access", { ...access, cluster, provider, topics: declared });
}
