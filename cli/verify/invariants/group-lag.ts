/** 10. Every group has read every partition that it consumes to its end. Delayed records before their time are not late. */
import type { ServiceContract } from "../evidence.ts";
import type { Judgement } from "../verdict.ts";
import type { JudgeContext } from "./context.ts";

export function groupLag(context: JudgeContext): Judgement {
  const violations = context.newViolations();
  const { evidence } = context;
  const notes: string[] = [];
  let partitions = 0;
  let total = 0;
  let delayed = 0;
  const lags: Record<string, number> = {};
  const topics = new Map(evidence.topics.map((topic) => [topic.name, topic]));
  for (const contract of context.consumers) {
    const group = contract.group ?? contract.service;
    const state = evidence.groups.find((item) => item.group === group);
    if (state === undefined || state.members === 0) notes.push(`${group} has no member now`);
    const committed = new Map(
      (state?.positions ?? []).map((position) => [`${position.topic}/${position.partition}`, position.committed]),
    );
    lags[group] = 0;
    for (const name of topicsOf(contract)) {
      for (const { partition, start, settledEnd } of topics.get(name)?.partitions ?? []) {
        partitions += 1;
        const position = Math.max(committed.get(`${name}/${partition}`) ?? start, start);
        let lag = Math.max(0, settledEnd - position);
        if (lag > 0 && topics.get(name)?.kind === "retry") {
          const waiting = evidence.records.filter(
            (record) =>
              record.topic === name &&
              record.partition === partition &&
              record.offset >= position &&
              (record.notBefore ?? 0) > evidence.takenAt,
          ).length;
          delayed += waiting;
          lag -= waiting;
        }
        total += lag;
        lags[group] += lag;
        if (lag > 0)
          violations.add(
            `${group} ${name}/${partition}`,
            `is ${lag} records behind (committed ${committed.get(`${name}/${partition}`) ?? "never"}, end ${settledEnd})`,
          );
      }
    }
  }
  return {
    figures: { groups: context.consumers.length, partitions, lag: total, delayed, byGroup: lags },
    violations,
    notes,
  };
}

function topicsOf(contract: ServiceContract): readonly string[] {
  return [...contract.consumes.map(({ topic }) => topic), ...contract.retryTopics.map(({ topic }) => topic)];
}
