/**
 * 13. Each customer is informed about each step of each order once. Every event that notification-service applied has a
 *   notice, every notice has a message to the order's customer, every message has one delivery in the channels' tables,
 *   and the topic reports it once.
 */
import type { Judgement, TopicRecord, Violations } from "../../../../cli/project/verification.ts";
import { isPseudonym, placeOf, retainedFrom } from "../../../../cli/project/verification.ts";
import type { SampleContext } from "../evidence.ts";
import type { MessageRow, NotificationTables } from "../follower-evidence.ts";
import { MESSAGES_KEPT_MS } from "../retention.ts";

const SERVICE = "notification-service";
const TOPIC = "notification-events";
/** Internal steps: the customer is informed about what follows from them. */
const UNTOLD: ReadonlySet<string> = new Set(["inventory.reserved", "inventory.released"]);

interface ToldFigures {
  notices: number;
  messages: number;
  sent: number;
  waiting: number;
  undeliverable: number;
  records: number;
}

export function toldCustomers(context: SampleContext): Judgement {
  const violations = context.newViolations();
  const figures: ToldFigures = { notices: 0, messages: 0, sent: 0, waiting: 0, undeliverable: 0, records: 0 };
  const { evidence } = context;
  const tables = evidence.tables.notification;
  if (tables === undefined)
    return { figures: { ...figures }, violations, notes: ["notification-service has no database here"] };
  const owners = new Map((evidence.tables.orders?.rows ?? []).map(({ orderId, customerId }) => [orderId, customerId]));
  const messages = new Map(tables.messages.map((message) => [message.messageId, message]));
  judgeMessages(context, tables, messages, figures, violations);
  const notices = judgeNotices(context, tables, messages, owners, figures, violations);
  appliedEvents(context, notices, violations);
  toldInTopic(context, tables, messages, notices, owners, figures, violations);
  const notes =
    figures.undeliverable === 0
      ? []
      : [`${figures.undeliverable} messages are undeliverable: every channel refused them`];
  return { figures: { ...figures }, violations, notes };
}

/** Checks that the delivery of each message matches its status. */
function judgeMessages(
  context: SampleContext,
  tables: NotificationTables,
  messages: ReadonlyMap<string, MessageRow>,
  figures: ToldFigures,
  violations: Violations,
): void {
  const accepted = new Map<string, { readonly channel: string; readonly recipient: string }[]>();
  const rejected = new Map<string, number>();
  for (const { channel, messageId, status, recipient } of tables.deliveries) {
    if (status !== "accepted") rejected.set(messageId, (rejected.get(messageId) ?? 0) + 1);
    else if (!messages.has(messageId))
      violations.add(messageId, `was sent to ${recipient} through ${channel} and is no message of ${SERVICE}`);
    else {
      const known = accepted.get(messageId);
      if (known === undefined) accepted.set(messageId, [{ channel, recipient }]);
      else known.push({ channel, recipient });
    }
  }
  const channels = new Set(tables.deliveries.map(({ channel }) => channel)).size;
  for (const { messageId, customerId, status, openedAt } of messages.values()) {
    figures.messages += 1;
    const deliveries = accepted.get(messageId) ?? [];
    for (const { recipient, channel } of deliveries)
      if (recipient !== customerId)
        violations.add(messageId, `is for ${customerId} and was sent to ${recipient} through ${channel}`);
    if (deliveries.length > 1)
      violations.add(
        messageId,
        `was sent ${deliveries.length} times to ${customerId}: through ${deliveries.map(({ channel }) => channel).join(", ")}`,
      );
    if (status === "sent") {
      figures.sent += 1;
      if (deliveries.length === 0)
        violations.add(messageId, `is stored as sent to ${customerId}, and no channel's books know it`);
    } else if (status === "undeliverable") {
      figures.undeliverable += 1;
      if (deliveries.length > 0) violations.add(messageId, `is stored as undeliverable and was sent to ${customerId}`);
      else if ((rejected.get(messageId) ?? 0) < channels)
        violations.add(messageId, `is stored as undeliverable, and not every channel refused ${customerId}`);
    } else {
      figures.waiting += 1;
      if (waitsTooLong(context, openedAt))
        violations.add(
          messageId,
          `to ${customerId} has been ${status} for ${seconds(context.evidence.takenAt - openedAt)}`,
        );
    }
  }
}

/**
 * Returns whether two names are those of different customers. An erased name proves nothing: topics, and rows of other
 * runs, may still contain the original name or no longer contain it.
 */
function differ(one: string, other: string): boolean {
  return one !== other && !isPseudonym(one) && !isPseudonym(other);
}

/** Checks that each notice is in a message to the order's customer; returns the messages by order and event type. */
function judgeNotices(
  context: SampleContext,
  tables: NotificationTables,
  messages: ReadonlyMap<string, MessageRow>,
  owners: ReadonlyMap<string, string>,
  figures: ToldFigures,
  violations: Violations,
): ReadonlyMap<string, string | undefined> {
  const notices = new Map<string, string | undefined>();
  for (const { orderId, eventType, messageId, createdAt } of tables.notices) {
    figures.notices += 1;
    notices.set(stepName(orderId, eventType), messageId);
    const owner = owners.get(orderId);
    if (messageId === undefined) {
      // If an order does not exist, no customer can be informed about it.
      if (owner !== undefined && waitsTooLong(context, createdAt))
        violations.add(
          orderId,
          `${owner} was not told of ${eventType}: the notice has had no message for ${seconds(context.evidence.takenAt - createdAt)}`,
        );
      continue;
    }
    const message = messages.get(messageId);
    if (message === undefined) {
      if (context.evidence.takenAt - createdAt < MESSAGES_KEPT_MS)
        violations.add(orderId, `${eventType} is told by message ${messageId}, which is not stored`);
    } else if (owner !== undefined && differ(message.customerId, owner))
      violations.add(
        orderId,
        `is an order of ${owner}; ${message.customerId} was told of ${eventType} (message ${messageId})`,
      );
  }
  return notices;
}

/** Checks that every applied event has a notice. */
function appliedEvents(
  context: SampleContext,
  notices: ReadonlyMap<string, string | undefined>,
  violations: Violations,
): void {
  const youngest = context.evidence.takenAt - MESSAGES_KEPT_MS;
  const applied = new Set<string>();
  for (const row of context.messaging.get(SERVICE)?.inbox ?? [])
    if (!UNTOLD.has(row.eventType) && row.processedAt > youngest) applied.add(placeOf(row));
  for (const record of context.evidence.records) {
    const orderId = record.content?.orderId ?? record.key;
    if (
      orderId === null ||
      record.eventType === undefined ||
      !applied.has(placeOf(record)) ||
      notices.has(stepName(orderId, record.eventType))
    )
      continue;
    violations.add(
      orderId,
      `${SERVICE} applied ${record.eventType} (${placeOf(record)}) and has no notice of it: the customer was not told`,
    );
  }
}

/** Checks that the topic reports each step in one message, which is the notice's message. */
function toldInTopic(
  context: SampleContext,
  tables: NotificationTables,
  messages: ReadonlyMap<string, MessageRow>,
  notices: ReadonlyMap<string, string | undefined>,
  owners: ReadonlyMap<string, string>,
  figures: ToldFigures,
  violations: Violations,
): void {
  const { evidence } = context;
  const told = new Map<string, string>();
  for (const record of evidence.records) {
    if (record.topic !== TOPIC || record.content?.message === undefined || context.injected.has(placeOf(record)))
      continue;
    figures.records += 1;
    judgeRecord(record, record.content.message, record.content.orderId);
  }
  const topic = evidence.topics.find(({ name }) => name === TOPIC);
  if (topic === undefined) return;
  const from = retainedFrom(topic, evidence.records);
  const own = context.messaging.get(SERVICE);
  // Events in the outbox, or removed from it by an operator, are judged by another invariant.
  const unpublished = new Set([...(own?.outbox ?? []), ...(own?.parked ?? [])].map(({ key }) => key));
  if ((own?.discardedEvents.length ?? 0) > 0) return;
  for (const { orderId, eventType, messageId } of tables.notices) {
    const message = messageId === undefined ? undefined : messages.get(messageId);
    if (
      message?.status !== "sent" ||
      (message.sentAt ?? 0) <= from ||
      unpublished.has(orderId) ||
      told.has(stepName(orderId, eventType))
    )
      continue;
    violations.add(
      orderId,
      `${message.customerId} was told of ${eventType} in message ${message.messageId}, and no notification.sent says so`,
    );
  }

  function judgeRecord(
    record: TopicRecord,
    {
      messageId,
      customerId,
      tells,
    }: { readonly messageId: string; readonly customerId: string; readonly tells: readonly string[] },
    orderId: string,
  ): void {
    const owner = owners.get(orderId);
    if (owner !== undefined && differ(owner, customerId))
      violations.add(orderId, `is an order of ${owner}; ${placeOf(record)} says that ${customerId} was told`);
    for (const eventType of tells) {
      const name = stepName(orderId, eventType);
      const before = told.get(name);
      if (before === undefined) told.set(name, messageId);
      else if (before !== messageId)
        violations.add(
          orderId,
          `${customerId} was told of ${eventType} twice: in message ${before} and in message ${messageId} (${placeOf(record)})`,
        );
      const noticed = notices.get(name);
      if (noticed === messageId || evidence.takenAt - record.timestamp > MESSAGES_KEPT_MS) continue;
      violations.add(
        orderId,
        notices.has(name)
          ? `${placeOf(record)} says that message ${messageId} told of ${eventType}; by its notice that was ${noticed ?? "no message yet"}`
          : `${placeOf(record)} says that message ${messageId} told of ${eventType}, and ${SERVICE} has no notice of it`,
      );
    }
  }
}

/**
 * Returns whether a message should have been sent by now: the longest time of an order has passed since its start or
 * the end of the last fault.
 */
function waitsTooLong(context: SampleContext, since: number): boolean {
  const healed = (context.witness?.faults ?? []).reduce((latest, { healedAt }) => Math.max(latest, healedAt), 0);
  return context.evidence.takenAt - Math.max(since, healed) > context.terminalMs;
}

function stepName(orderId: string, eventType: string): string {
  return `${orderId} ${eventType}`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
