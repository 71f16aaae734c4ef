/**
 * 7. Inbox ids are unique. For every group, each record that its contract includes, up to the committed offset, is applied (its
 * id is in the inbox), a duplicate of an applied record, a dead-letter record, or waiting in a retry topic.
 */
import type { MessagingTables, ServiceContract, TopicRecord } from "../evidence.ts";
import type { Judgement, Violations } from "../verdict.ts";
import type { JudgeContext } from "./context.ts";
import { isLate, placeOf } from "./context.ts";
import { ROWS_KEPT_MS } from "./retention.ts";

/** Outcomes of one group's records. */
interface GroupFigures {
  wanted: number;
  applied: number;
  copies: number;
  deadLettered: number;
  waitingForRetry: number;
  unread: number;
  missing: number;
}

export function consumedEvents(context: JudgeContext): Judgement {
  const violations = context.newViolations();
  const byTopic = Map.groupBy(context.evidence.records, (record) => record.topic);
  const groups = Object.fromEntries(
    context.consumers.map((contract) => {
      const tables = context.messaging.get(contract.service);
      return [
        contract.service,
        tables === undefined ? {} : { ...judgeGroup(context, contract, tables, byTopic, violations) },
      ];
    }),
  );
  return {
    figures: { groups: context.consumers.length, ...groups },
    violations,
    notes:
      context.absent.length === 0 ? [] : [`not deployed, so without a group to judge: ${context.absent.join(", ")}`],
  };
}

function judgeGroup(
  context: JudgeContext,
  contract: ServiceContract,
  tables: MessagingTables,
  byTopic: ReadonlyMap<string, readonly TopicRecord[]>,
  violations: Violations,
): GroupFigures {
  const group = contract.group ?? contract.service;
  const figures: GroupFigures = {
    wanted: 0,
    applied: 0,
    copies: 0,
    deadLettered: 0,
    waitingForRetry: 0,
    unread: 0,
    missing: 0,
  };
  const inbox = new Set<string>();
  for (const { eventId } of tables.inbox) {
    if (inbox.has(eventId)) violations.add(eventId, `is in the inbox of ${group} more than once`);
    inbox.add(eventId);
  }
  const letters = new Set(tables.deadLetters.map(placeOf));
  const committed = committedOffsets(context, group);
  const waiting = waitingForRetry(contract, byTopic, committed);
  const consumedIds = new Set<string>();
  const applied = new Set<string>();

  for (const { topic, events } of contract.consumes) {
    const types = new Set(events.map(({ event }) => event));
    for (const record of byTopic.get(topic) ?? []) {
      if (record.eventId !== undefined) consumedIds.add(record.eventId);
      // A record without a type belongs to all groups, because none can exclude it.
      if (record.eventType !== undefined && !types.has(record.eventType)) continue;
      if (record.replay !== undefined && record.replay.group !== group) continue;
      figures.wanted += 1;
      const place = placeOf(record);
      if (letters.has(place)) figures.deadLettered += 1;
      else if (record.eventId !== undefined && inbox.has(record.eventId)) {
        // The first record with an id counts as applied, the others as its duplicates.
        if (applied.has(record.eventId)) figures.copies += 1;
        else figures.applied += 1;
        applied.add(record.eventId);
      } else if (waiting.has(place)) figures.waitingForRetry += 1;
      else if (record.offset >= (committed.get(`${topic}/${record.partition}`) ?? 0) || isLate(context, record))
        figures.unread += 1;
      else if (context.evidence.takenAt - record.timestamp <= ROWS_KEPT_MS) {
        figures.missing += 1;
        violations.add(
          place,
          `${record.eventType ?? "a record without event-type"} ${record.eventId ?? "without event-id"} of ${record.key ?? "no key"}: ${group} passed it and neither applied nor dead-lettered it`,
        );
      }
    }
  }

  for (const row of tables.inbox) {
    const range = context.ranges.get(`${row.topic}/${row.partition}`);
    if (range === undefined || row.offset < range.start || row.offset >= range.end || consumedIds.has(row.eventId))
      continue;
    violations.add(
      row.eventId,
      `${group} applied ${row.eventType} from ${placeOf(row)}, and no record of ${row.topic} has this id`,
    );
  }
  return figures;
}

function committedOffsets(context: JudgeContext, group: string): ReadonlyMap<string, number> {
  const state = context.evidence.groups.find((item) => item.group === group);
  return new Map(
    (state?.positions ?? []).flatMap(({ topic, partition, committed }) =>
      committed === undefined ? [] : [[`${topic}/${partition}`, committed]],
    ),
  );
}

/** Origins of the group's delayed records that are not consumed yet. */
function waitingForRetry(
  contract: ServiceContract,
  byTopic: ReadonlyMap<string, readonly TopicRecord[]>,
  committed: ReadonlyMap<string, number>,
): ReadonlySet<string> {
  const origins = new Set<string>();
  for (const { topic } of contract.retryTopics) {
    for (const record of byTopic.get(topic) ?? []) {
      if (record.origin !== undefined && record.offset >= (committed.get(`${topic}/${record.partition}`) ?? 0))
        origins.add(placeOf(record.origin));
    }
  }
  return origins;
}
