import { type Problem, sortProblems } from "../problems/problem.ts";
import { didYouMean } from "../problems/suggestion.ts";
import { type Located, unlocated } from "../problems/validation.ts";
import { brokerCount, isSmall, type StackSettings, stackSettingsKey } from "../stack/stack.ts";
import type { Model } from "../types.ts";
import { claimCheckFit } from "./fit-claim-checks.ts";
import { kubernetesFit } from "./fit-kubernetes.ts";
import { logFit } from "./fit-log.ts";

/**
 * Returns the requirements of topics that the environment cannot meet, and its settings for undeclared services. A
 * topic that declares its replication must satisfy the stack's min ISR. An environment whose own setting gives fewer
 * than three replicas scales every topic down, so the check ignores what the topics declare.
 * @param at - Locations of the stack's settings, if they come from a file.
 */
export function checkFit(model: Model, settings: StackSettings, at: Located = unlocated(stackSettingsKey)): Problem[] {
  const problems: Problem[] = [];
  const services = new Set(
    model.domains.flatMap((domain) => [
      ...domain.services,
      ...[...domain.topics, ...(domain.elsewhere ?? [])].flatMap((topic) =>
        [...topic.producers, ...topic.consumers].map((each) => each.service),
      ),
    ]),
  );
  for (const service of Object.keys(settings.services)) {
    if (services.has(service)) continue;
    const fix = didYouMean(service, services);
    problems.push({
      rule: "unknown-service",
      ...at.place(["services", service], "key"),
      message: `no topic and no team's list names the service ${JSON.stringify(service)}`,
      ...(fix === undefined ? {} : { fix }),
    });
  }
  for (const topic of model.domains.flatMap((domain) => domain.topics)) {
    const factor = topic.replicationFactor ?? settings.topics.replicationFactor;
    const minimum = topic.minInsyncReplicas ?? settings.topics.minInsyncReplicas;
    const allowed = Math.max(1, factor - 1);
    const declared = topic.replicationFactor !== undefined || topic.minInsyncReplicas !== undefined;
    if (declared && !isSmall(settings) && minimum > allowed) {
      problems.push({
        rule: "min-isr-too-high",
        ...topic.source,
        message: `${topic.name} has ${factor} replicas and min ISR ${minimum}${topic.minInsyncReplicas === undefined ? " (the stack's)" : ""}: with one broker down no record could be written`,
        fix: `set minInsyncReplicas to ${allowed}, or replicationFactor to ${minimum + 1}`,
      });
    }
    for (const { service, instances, source } of topic.partitionsAsIs === true ? topic.consumers : []) {
      if (settings.services[service]?.replicas !== undefined || instances <= topic.partitions) continue;
      problems.push({
        rule: "too-many-instances",
        ...source,
        message: `${service} has ${instances} instances on the ${topic.partitions} partitions that ${topic.name} has in this environment: ${instances - topic.partitions} would stay idle`,
        fix: `raise the partitions to ${instances}, or set services.${service}.replicas in the stack's file`,
      });
    }
    const brokers = brokerCount(settings);
    if (topic.replicationFactor !== undefined && topic.replicationFactor > brokers && !isSmall(settings)) {
      problems.push({
        rule: "replication-too-high",
        ...topic.source,
        message: `${topic.name} wants ${topic.replicationFactor} replicas, but there are ${brokers} brokers`,
        fix: `lower replicationFactor to ${brokers}`,
      });
    }
  }
  return sortProblems([
    ...problems,
    ...claimCheckFit(model, settings, at),
    ...logFit(model, settings),
    ...kubernetesFit(model, settings, at, services),
  ]);
}
