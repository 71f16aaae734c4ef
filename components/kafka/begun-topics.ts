/**
 * Topics that this stack may find on the cluster although its state does not hold them: a run had begun to create them and was
 * killed, or `kit import` declared them. They are imported in the run that declares them. Every other topic that is there
 * already belongs to somebody else, and Kafka refuses to create it.
 */
import { readFileSync } from "node:fs";
import * as kafka from "@pulumi/kafka";
import * as pulumi from "@pulumi/pulumi";
import type { PlannedTopic } from "../plan/types.ts";
import { providerError } from "../provider/errors.ts";
import type { KafkaCluster } from "./cluster.ts";

/** Environment variable with the path of a file that holds the names of such topics, a JSON list. */
export const BEGUN_TOPICS_VARIABLE = "KIT_BEGUN_TOPICS_FILE";

/** Names of such topics; none without the variable, and none where its file is gone: the run that needed it has succeeded. */
export function begunTopics(environment: Readonly<Record<string, string | undefined>>): ReadonlySet<string> {
  const file = environment[BEGUN_TOPICS_VARIABLE];
  if (file === undefined || file === "") return new Set();
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return new Set();
  }
  const names: unknown = JSON.parse(text);
  return new Set(Array.isArray(names) ? names.filter((name) => typeof name === "string") : []);
}

/** Arguments of {@link topicsToImport}. */
export interface TopicsToImportArgs {
  readonly cluster: KafkaCluster;
  readonly provider: kafka.Provider;
  /** What is declared. */
  readonly topics: readonly PlannedTopic[];
  /** What {@link begunTopics} gave. */
  readonly begun: ReadonlySet<string>;
}

/**
 * Which of the begun topics are on the cluster. Asks nothing where none was begun. Otherwise waits until the cluster answers. A preview
 * asks nothing either: its cluster may not run, and the engine would fail to import what is not there yet.
 *
 * The engine imports a topic as it is and then updates it to what is declared, as any other of the stack.
 *
 * @throws ProviderError `topic-has-more-partitions`: Kafka can't take partitions away, and the provider would delete the topic to do it.
 */
export async function topicsToImport(args: TopicsToImportArgs): Promise<ReadonlySet<string>> {
  const wanted = args.topics.filter(({ name }) => args.begun.has(name));
  if (wanted.length === 0 || pulumi.runtime.isDryRun()) return new Set();
  const listed = kafka.getTopicsOutput({ provider: args.provider, dependsOn: [args.cluster.owner] });
  const { lists } = await new Promise<kafka.GetTopicsResult>((resolve) => listed.apply(resolve));
  const found = new Map(lists.map(({ topicName, partitions }) => [topicName, partitions]));
  const larger = wanted.filter(({ name, partitions }) => (found.get(name) ?? 0) > partitions);
  if (larger.length > 0)
    throw providerError("topic-has-more-partitions", {
      topics: larger.map(({ name, partitions }) => `${name} (${found.get(name)}, declared ${partitions})`).join(", "),
    });
  return new Set(wanted.map(({ name }) => name).filter((name) => found.has(name)));
}
