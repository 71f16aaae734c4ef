import { sortProblems, type Problem } from "./problem.ts";
import { brokerCount, type StackSettings } from "./stack.ts";
import type { Model } from "./types.ts";

/**
 * What topics ask for and the environment can't give. A topic that declares its replication is held to the
 * stack's min ISR; in an environment with fewer brokers than its factor the plan scales it down.
 */
export function checkFit(model: Model, settings: StackSettings): Problem[] {
  const problems: Problem[] = [];
  for (const topic of model.domains.flatMap((domain) => domain.topics)) {
    const factor = topic.replicationFactor ?? settings.topics.replicationFactor;
    const minimum = topic.minInsyncReplicas ?? settings.topics.minInsyncReplicas;
    const allowed = Math.max(1, factor - 1);
    // A topic that only raises min ISR is scaled with the environment; one that sets its own factor must fit it.
    const declaredPair = topic.replicationFactor !== undefined || (topic.minInsyncReplicas !== undefined && settings.topics.replicationFactor >= 3);
    if (declaredPair && minimum > allowed) {
      problems.push({
        rule: "min-isr-too-high",
        ...topic.source,
        message: `${topic.name} has ${factor} replicas and min ISR ${minimum}${topic.minInsyncReplicas === undefined ? " (the stack's)" : ""}: with one broker down no record could be written`,
        fix: `set minInsyncReplicas to ${allowed}, or replicationFactor to ${minimum + 1}`,
      });
    }
    const brokers = brokerCount(settings);
    if (topic.replicationFactor !== undefined && topic.replicationFactor > brokers && settings.topics.replicationFactor >= 3) {
      problems.push({
        rule: "replication-too-high",
        ...topic.source,
        message: `${topic.name} wants ${topic.replicationFactor} replicas, but there are ${brokers} brokers`,
        fix: `lower replicationFactor to ${brokers}`,
      });
    }
  }
  return sortProblems(problems);
}
