import type { Problem } from "../problems/problem.ts";
import { type Located, unlocated, validate } from "../problems/validation.ts";
import type { Reading } from "../types.ts";
import { isPlatformVariable, platformPrincipals } from "../values/names.ts";
import { kubernetesProblems } from "./kubernetes-problems.ts";
import { brokerCount, type StackSettings, stackSettingsKey, stackSettingsSchema } from "./stack.ts";

/**
 * Validates the value of `event-platform:platform`, as `config.requireObject` returns it. Problems name the setting.
 * With `at` (the value's location in the stack's file) they name the line too.
 */
export function parseStackSettings(value: unknown, at: Located = unlocated(stackSettingsKey)): Reading<StackSettings> {
  const read = validate(stackSettingsSchema, value, at);
  if (!read.ok) return read;
  const settings = read.value;
  const problems: Problem[] = [];
  const { zones } = settings.kafka;
  const repeated = zones.find((zone, index) => zones.indexOf(zone) !== index);
  if (repeated !== undefined) {
    problems.push({
      rule: "invalid-value",
      ...at.place(["kafka", "zones", zones.lastIndexOf(repeated)]),
      message: `zone ${JSON.stringify(repeated)} is listed twice`,
      fix: "list each zone once",
    });
  }
  const brokers = brokerCount(settings);
  const factor = settings.topics.replicationFactor;
  if (factor > brokers) {
    problems.push({
      rule: "replication-too-high",
      ...at.place(["topics", "replicationFactor"]),
      message: `topics.replicationFactor is ${factor}, but there are ${brokers} brokers (${zones.length} zones × ${settings.kafka.brokersPerZone})`,
      fix: `lower it to ${brokers}, or add brokers`,
    });
  }
  if (settings.topics.minInsyncReplicas > Math.max(1, factor - 1)) {
    problems.push({
      rule: "min-isr-too-high",
      ...at.place(["topics", "minInsyncReplicas"]),
      message: `topics.minInsyncReplicas is ${settings.topics.minInsyncReplicas} with replicationFactor ${factor}: no broker could be lost without writes stopping`,
      fix: `lower it to ${Math.max(1, factor - 1)}`,
    });
  }
  problems.push(...kubernetesProblems(settings, at));
  for (const [service, { env = {} }] of Object.entries(settings.services)) {
    for (const variable of Object.keys(env)) {
      if (!isPlatformVariable(variable)) continue;
      problems.push({
        rule: "reserved-name",
        ...at.place(["services", service, "env", variable], "key"),
        message: `services.${service}.env sets ${variable}, which the platform sets`,
        fix: "take it out",
      });
    }
  }
  for (const principal of Object.keys(settings.services)) {
    if (!platformPrincipals.some((reserved) => reserved === principal)) continue;
    problems.push({
      rule: "reserved-name",
      ...at.place(["services", principal], "key"),
      message: `${JSON.stringify(principal)} is a principal of the platform, no service`,
      fix: "name a service",
    });
  }
  return problems.length === 0 ? read : { ok: false, problems };
}
