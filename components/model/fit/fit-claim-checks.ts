import type { Problem } from "../problems/problem.ts";
import type { Located } from "../problems/validation.ts";
import { type StackSettings, stackSettingsKey } from "../stack/stack.ts";
import type { Model, TopicDeclaration } from "../types.ts";
import { formatSize } from "../values/size.ts";

/** Bytes that a record needs besides the largest content that stays in it: headers, key, the other fields. */
const recordOverhead = 16 * 1_024;

/**
 * Returns the claim-check requirements that an environment cannot meet: a limit on the records' lifetime, messages as
 * large as the threshold, and, on Kubernetes, an object store.
 */
export function claimCheckFit(model: Model, settings: StackSettings, at: Located): Problem[] {
  const topics = model.domains
    .flatMap((domain) => domain.topics)
    .filter((topic) => topic.events.some(({ claimCheck }) => claimCheck !== undefined));
  const [first] = topics;
  if (first === undefined) return [];
  const problems = topics.flatMap((topic) => topicProblems(topic, settings));
  const { kubernetes, substrate } = settings;
  if (substrate === "kubernetes" && kubernetes !== undefined && kubernetes.claimCheckStore === undefined) {
    problems.push({
      rule: "claim-check-store-missing",
      ...at.place(["kubernetes"], "key"),
      message: `${first.name} (${first.source.file}:${first.source.line}) declares a claim check, and ${stackSettingsKey} names no store`,
      fix: "set kubernetes.claimCheckStore: {endpoint, region, bucket, cidrs}, or take claimCheck out of the topics",
    });
  }
  return problems;
}

function topicProblems(topic: TopicDeclaration, { topics }: StackSettings): Problem[] {
  const problems: Problem[] = [];
  const place = topic.places.claimCheck ?? topic.source;
  if ((topic.cleanup ?? "delete") !== "delete" || (topic.retention ?? topics.retention) < 0) {
    problems.push({
      rule: "claim-check-endless",
      ...place,
      message: `${topic.name} keeps records without a limit of time, so no stored content could ever be removed`,
      fix: "set a retention and cleanup: delete, or take claimCheck out",
    });
  }
  const largest = topic.maxMessage ?? topics.maxMessage;
  for (const event of topic.events) {
    if (event.claimCheck === undefined || event.claimCheck.above + recordOverhead <= largest) continue;
    problems.push({
      rule: "claim-check-too-late",
      ...event.source,
      message: `${event.name} keeps content of up to ${formatSize(event.claimCheck.above)} in the record, but ${topic.name} takes messages of ${formatSize(largest)}: there is no room for the rest of the record`,
      fix: `lower above to at most ${formatSize(largest - recordOverhead)}, or raise maxMessage`,
    });
  }
  return problems;
}
