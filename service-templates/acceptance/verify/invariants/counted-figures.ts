/**
 * 12. The figures of analytics-service equal those computed from the topics: each order's steps, each message, and
 *   every figure of every minute, computed again from the records that it applied. Its figures are kept longer than the
 *   topics: for data that only its own rows still contain, those rows are used.
 */
import type { Judgement, TopicRecord, Violations } from "../../../../cli/project/verification.ts";
import { placeOf, ROWS_KEPT_MS, retainedFrom } from "../../../../cli/project/verification.ts";
import type { EventContent } from "../event-content.ts";
import type { SampleContext } from "../evidence.ts";
import { FigureSums, figureName } from "../expected-figures.ts";
import type { AnalyticsTables, CountedMessageRow, FigureRow, OrderFactsRow, StoredStep } from "../follower-evidence.ts";
import { FACTS_KEPT_MS } from "../retention.ts";

const SERVICE = "analytics-service";
/** Largest difference between the clocks of a service and a broker, in milliseconds. */
const CLOCKS_APART_MS = 3_600_000;

/** Reports of one step with the earliest time; one of them counts. */
interface Reports {
  readonly at: number;
  readonly contents: readonly EventContent[];
}
type ReportedSteps = Map<string, Reports>;

/** Data from the records that the group applied. */
interface FromTopics {
  readonly orders: Map<string, ReportedSteps>;
  readonly messages: Map<string, CountedMessageRow>;
  /** Time at which the first order.created of an order was written. */
  readonly begun: ReadonlyMap<string, number>;
  /** Time from which on the topics are complete, and it is known for each record whether it was applied; 0: from the start. */
  readonly wholeFrom: number;
}

interface AnalyticsFigures {
  orders: number;
  steps: number;
  messages: number;
  figures: number;
  beyondTheTopics: number;
  unreadable: number;
  different: number;
}

export function countedFigures(context: SampleContext): Judgement {
  const violations = context.newViolations();
  const figures: AnalyticsFigures = {
    orders: 0,
    steps: 0,
    messages: 0,
    figures: 0,
    beyondTheTopics: 0,
    unreadable: 0,
    different: 0,
  };
  const tables = context.evidence.tables.analytics;
  if (tables === undefined)
    return { figures: { ...figures }, violations, notes: ["analytics-service has no database here"] };
  const fromTopics = readTopics(context, figures, violations);
  const expected = new FigureSums();
  compareOrders(fromTopics, tables, expected, figures, violations);
  compareMessages(context, fromTopics, tables, expected, figures, violations);
  compareFigures(context, tables.figures, expected, figures, violations);
  const notes =
    fromTopics.wholeFrom === 0
      ? []
      : [
          `the topics have lost their oldest records: ${figures.beyondTheTopics} orders and messages were taken from ${SERVICE}'s own rows`,
        ];
  return { figures: { ...figures }, violations, notes };
}

function readTopics(context: SampleContext, figures: AnalyticsFigures, violations: Violations): FromTopics {
  const { evidence } = context;
  const consumed = new Set(
    context.consumers.find(({ service }) => service === SERVICE)?.consumes.map(({ topic }) => topic),
  );
  const applied = new Set(context.messaging.get(SERVICE)?.inbox.map(placeOf));
  const orders = new Map<string, ReportedSteps>();
  const messages = new Map<string, CountedMessageRow>();
  const unreadable = new Map<string, { count: number; readonly first: TopicRecord }>();
  const begun = new Map<string, number>();
  let wholeFrom = evidence.topics.reduce(
    (from, topic) => (consumed.has(topic.name) ? Math.max(from, retainedFrom(topic, evidence.records)) : from),
    0,
  );
  for (const record of evidence.records) {
    if (!consumed.has(record.topic)) continue;
    if (!applied.has(placeOf(record))) {
      // After the inbox has deleted a record's id, it is unknown whether the record was applied.
      if (evidence.takenAt - record.timestamp > ROWS_KEPT_MS) wholeFrom = Math.max(wholeFrom, record.timestamp);
      continue;
    }
    const { content, eventType } = record;
    if (content === undefined || eventType === undefined) {
      const why = record.unreadable ?? "it has no event type";
      const seen = unreadable.get(why);
      if (seen === undefined) unreadable.set(why, { count: 1, first: record });
      else seen.count += 1;
      continue;
    }
    takeReport(orders, eventType, content);
    if (eventType === "order.created" && !begun.has(content.orderId)) begun.set(content.orderId, record.timestamp);
    const { message } = content;
    if (message !== undefined && !messages.has(message.messageId))
      messages.set(message.messageId, { messageId: message.messageId, channel: message.channel, sentAt: content.at });
  }
  for (const [why, { count, first }] of unreadable) {
    figures.unreadable += count;
    violations.add(
      placeOf(first),
      `${count} records that ${SERVICE} counted cannot be read here, this one first: ${why}`,
    );
  }
  return { orders, messages, begun, wholeFrom };
}

function takeReport(orders: Map<string, ReportedSteps>, eventType: string, content: EventContent): void {
  let steps = orders.get(content.orderId);
  if (steps === undefined) orders.set(content.orderId, (steps = new Map()));
  const known = steps.get(eventType);
  if (known === undefined || content.at < known.at) steps.set(eventType, { at: content.at, contents: [content] });
  else if (content.at === known.at) steps.set(eventType, { at: known.at, contents: [...known.contents, content] });
}

function compareOrders(
  { orders, begun, wholeFrom }: FromTopics,
  tables: AnalyticsTables,
  expected: FigureSums,
  figures: AnalyticsFigures,
  violations: Violations,
): void {
  const stored = new Set<string>();
  for (const row of tables.orders) {
    stored.add(row.orderId);
    figures.orders += 1;
    const steps = orders.get(row.orderId) ?? new Map<string, Reports>();
    // An order that began after this time is complete in the topics: all its later records are younger.
    const complete = wholeFrom === 0 || (begun.get(row.orderId) ?? 0) > wholeFrom;
    if (!complete) figures.beyondTheTopics += 1;
    expected.addOrder(stepsOf(row, steps, complete, figures, violations));
  }
  for (const [orderId, steps] of orders) {
    if (stored.has(orderId)) continue;
    violations.add(orderId, `${[...steps.keys()].join(", ")} of it were applied and are not counted`);
    expected.addOrder(
      new Map(
        [...steps].map(
          ([
            type,
            {
              contents: [content],
            },
          ]) => [type, content ?? { at: 0 }],
        ),
      ),
    );
  }
}

/** Returns the actual steps of an order; reports every difference to the row as a violation. */
function stepsOf(
  { orderId, steps: row }: OrderFactsRow,
  reported: ReportedSteps,
  complete: boolean,
  figures: AnalyticsFigures,
  violations: Violations,
): ReadonlyMap<string, StoredStep> {
  const steps = new Map<string, StoredStep>();
  for (const [type, step] of Object.entries(row)) {
    if (reported.has(type)) continue;
    if (complete) violations.add(orderId, `counts ${type}, which no record tells that ${SERVICE} applied`);
    else steps.set(type, step);
  }
  for (const [type, { at, contents }] of reported) {
    figures.steps += 1;
    const step = row[type];
    const [first = { at }] = contents;
    const same =
      step === undefined ? undefined : contents.find((content) => describeStep(content) === describeStep(step));
    // An earlier report may have been deleted from the topics.
    if (step !== undefined && !complete && step.at < at) steps.set(type, step);
    else {
      steps.set(type, same ?? first);
      if (step === undefined) violations.add(orderId, `${type} was applied and is not counted`);
      else if (same === undefined)
        violations.add(orderId, `${type} is counted as ${describeStep(step)}, the topics tell ${describeStep(first)}`);
    }
  }
  return steps;
}

function describeStep({ at, currency, amount, pieces, products, reason }: StoredStep): string {
  return JSON.stringify({
    at,
    currency,
    amount,
    pieces,
    products: products?.map((line) => [line.productId, line.pieces, line.amount]),
    reason,
  });
}

function compareMessages(
  context: SampleContext,
  { messages, wholeFrom }: FromTopics,
  tables: AnalyticsTables,
  expected: FigureSums,
  figures: AnalyticsFigures,
  violations: Violations,
): void {
  const stored = new Set<string>();
  const oldest = context.evidence.takenAt - FACTS_KEPT_MS;
  for (const { messageId, channel, sentAt } of tables.messages) {
    stored.add(messageId);
    figures.messages += 1;
    const told = messages.get(messageId);
    if (told === undefined) {
      if (wholeFrom === 0 || sentAt - CLOCKS_APART_MS > wholeFrom)
        violations.add(messageId, "is counted as a message, and no record tells of it");
      else {
        figures.beyondTheTopics += 1;
        expected.add("message", sentAt, { label: channel });
      }
      continue;
    }
    if (told.channel !== channel || told.sentAt !== sentAt)
      violations.add(
        messageId,
        `is counted as sent through ${channel} at ${moment(sentAt)}, the topics tell ${told.channel} at ${moment(told.sentAt)}`,
      );
  }
  for (const { messageId, channel, sentAt } of messages.values()) {
    expected.add("message", sentAt, { label: channel });
    if (!stored.has(messageId) && sentAt > oldest)
      violations.add(messageId, `was sent through ${channel} and is not counted`);
  }
}

/** Compares the figures of minutes whose orders are all still known. */
function compareFigures(
  context: SampleContext,
  rows: readonly FigureRow[],
  expected: FigureSums,
  figures: AnalyticsFigures,
  violations: Violations,
): void {
  const oldest = context.evidence.takenAt - FACTS_KEPT_MS;
  const seen = new Set<string>();
  for (const row of rows) {
    if (row.minute < oldest) continue;
    figures.figures += 1;
    const name = figureName(row);
    seen.add(name);
    const should = expected.rows.get(name) ?? { count: 0, units: 0, amount: 0 };
    if (should.count === row.count && should.units === row.units && should.amount === row.amount) continue;
    figures.different += 1;
    violations.add(describeFigure(row), `is ${describeSums(row)}, the topics give ${describeSums(should)}`);
  }
  for (const [name, should] of expected.rows) {
    if (seen.has(name) || should.figure.minute < oldest) continue;
    figures.different += 1;
    violations.add(describeFigure(should.figure), `is missing, the topics give ${describeSums(should)}`);
  }
}

function describeFigure({
  measure,
  minute,
  label,
  currency,
}: Pick<FigureRow, "measure" | "minute" | "label" | "currency">): string {
  return [measure, label, currency, moment(minute)].filter((part) => part !== "").join(" ");
}

function describeSums({ count, units, amount }: Pick<FigureRow, "count" | "units" | "amount">): string {
  return `${count} (${units} pieces or ms, ${(amount / 100).toFixed(2)})`;
}

function moment(at: number): string {
  return Number.isFinite(at) && Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : String(at);
}
