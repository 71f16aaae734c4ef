/**
 * Topics that may exist on the cluster although the stack's state does not contain them. Either a run started to create
 * them and was killed, or `kit import` declared them. The run that declares them imports them. Any other existing topic
 * does not belong to the stack, and Kafka refuses to create it.
 */
import { readFileSync } from "node:fs";
import * as kafka from "@pulumi/kafka";
import * as pulumi from "@pulumi/pulumi";
import type { PlannedTopic } from "../plan/types.ts";
import { providerError } from "../provider/errors.ts";
import type { KafkaCluster } from "./cluster.ts";

/** Environment variable with the path of a file with the names of such topics, a JSON list. */
export const BEGUN_TOPICS_VARIABLE = "KIT_BEGUN_TOPICS_FILE";

/**
 * Returns the names of such topics. The set is empty without the variable, and also if the file no longer exists: the
 * run that needed it has then succeeded.
 */
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
  /** The declared topics. */
  readonly topics: readonly PlannedTopic[];
  /** The result of {@link begunTopics}. */
  readonly begun: ReadonlySet<string>;
}

/**
 * Returns the begun topics that exist on the cluster. If no topic was begun, it sends no request. Otherwise it waits
 * until the cluster answers. A preview sends no request either: its cluster may not run, and the engine would fail to
 * import a topic that does not exist yet.
 *
 * The engine imports a topic as it is. Then it updates the topic to the declaration, like every other topic of the
 * stack.
 *
 * @throws ProviderError `topic-has-more-partitions`: Kafka cannot reduce partitions, and the provider would delete the
 * topic to do it.
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
