/** Parked events as text for the terminal and as JSON documents. */
import { frame } from "@event-platform-kit/service/events/codec";
import type { CommandContext } from "../context.ts";
import type { Content } from "../dlt/content.ts";
import { writeContent } from "../dlt/content-report.ts";
import { colorsFor, renderTable } from "../terminal/output.ts";
import { formatAge } from "../terminal/quantities.ts";
import { forTerminal, terminalText } from "../terminal/terminal-text.ts";
import { adviceFor, nextSteps } from "./advice.ts";
import type { ParkedEvent, ParkedRecord } from "./parked-events.ts";
import type { Aftermath } from "./resolve.ts";

/** Longest message in a table, in characters. */
const MESSAGE_COLUMN = 60;
/** Longest key in a table, in characters. */
const KEY_COLUMN = 40;

const isParked = ({ state }: ParkedEvent): boolean => state === "parked";

/** Document of `kit outbox list --json`. */
export function listDocument(events: readonly ParkedEvent[], all: boolean): object {
  const parked = events.filter(isParked);
  const shown = all ? events : parked;
  const services = [...Map.groupBy(parked, ({ service }) => service)].map(([service, ofService]) => [
    service,
    ofService.length,
  ]);
  return {
    events: shown,
    summary: {
      shown: shown.length,
      parked: parked.length,
      waiting: parked.reduce((sum, { waiting }) => sum + waiting, 0),
      byService: Object.fromEntries(services),
    },
  };
}

/** Writes events by service, in the order of their outbox. */
export function writeList(context: CommandContext, found: readonly ParkedEvent[], all: boolean): void {
  const events = forTerminal(
    found.map((event) => ({
      ...event,
      message: shorten(event.message, MESSAGE_COLUMN),
      ...(event.key === undefined ? {} : { key: shorten(event.key, KEY_COLUMN) }),
    })),
  );
  const colors = colorsFor(context.stdout, context.env);
  const shown = all ? events : events.filter(isParked);
  const resolved = events.length - events.filter(isParked).length;
  if (shown.length === 0) {
    context.stdout.write(
      `${colors.green("No parked events")}${resolved === 0 ? "" : `; ${resolved} were retried or discarded (--all shows them)`}.\n`,
    );
    return;
  }
  for (const [service, ofService] of Map.groupBy(shown, (event) => event.service)) {
    const parked = ofService.filter(isParked).length;
    context.stdout.write(`${colors.bold(service)}: ${parked === 0 ? "none parked" : colors.red(`${parked} parked`)}\n`);
    const rows = ofService.map((event) => [
      event.eventId,
      ...(all ? [isParked(event) ? colors.red(event.state) : event.state] : []),
      formatAge(event.ageMs),
      event.topic,
      event.key ?? "",
      event.eventType,
      String(event.bytes),
      String(event.waiting),
      event.code,
      event.message,
    ]);
    const right = ["AGE", "BYTES", "WAITING"];
    const columns = [
      "EVENT",
      ...(all ? ["STATE"] : []),
      "AGE",
      "TOPIC",
      "KEY",
      "TYPE",
      "BYTES",
      "WAITING",
      "CODE",
      "MESSAGE",
    ].map((title) => ({ title, ...(right.includes(title) ? { align: "right" as const } : {}) }));
    context.stdout.write(`${renderTable(columns, rows)}\n\n`);
  }
  context.stdout.write(
    `WAITING: events of the same topic and key behind it.\nNext:\n  npx kit outbox show ${shown[0]?.eventId ?? "EVENT"}\n`,
  );
}

function shorten(text: string, limit: number): string {
  const line = text.replaceAll(/\s+/gu, " ");
  return line.length <= limit ? line : `${line.slice(0, limit - 1)}…`;
}

/** The value that a retry would write; null without a body, undefined while its schema is unknown. */
export function recordValue(record: ParkedRecord): Buffer | null | undefined {
  if (record.raw || record.body === null) return record.body;
  return record.schemaId === undefined ? undefined : frame(record.schemaId, record.body);
}

/** Document of `kit outbox show --json`. */
export function eventDocument(
  event: ParkedEvent,
  record: ParkedRecord | undefined,
  content: Content | undefined,
): object {
  return {
    ...event,
    advice: adviceFor(event),
    record:
      record === undefined
        ? null
        : {
            key: record.key?.toString("utf8") ?? null,
            schemaId: record.schemaId ?? null,
            headers: Object.fromEntries(record.headers.map(([name, value]) => [name, value.toString("utf8")])),
          },
    content: content ?? null,
    next: nextSteps(event),
  };
}

/** Writes everything that is known of an event, and the possible actions. */
export function writeEvent(
  context: CommandContext,
  found: ParkedEvent,
  record: ParkedRecord | undefined,
  content: Content | undefined,
): void {
  const event = forTerminal(found);
  const colors = colorsFor(context.stdout, context.env);
  const { stdout } = context;
  const title = (text: string): void => void stdout.write(`\n${colors.bold(text)}\n`);
  stdout.write(
    `${colors.bold(`Event ${event.eventId}`)}: ${isParked(event) ? colors.red(event.state) : colors.green(event.state)}\n`,
  );
  stdout.write(
    `${renderTable(
      [{ title: "" }, { title: "" }],
      [
        ["service", event.service],
        ["type", event.eventType],
        ["topic", event.topic],
        ["key", event.key ?? "(none)"],
        ["size", `${event.bytes} bytes`],
        ["created", event.createdAt],
        ["parked", `${event.parkedAt}`],
        ["waiting behind it", String(event.waiting)],
      ],
    )
      .split("\n")
      .slice(1)
      .join("\n")}\n`,
  );
  title("Error");
  stdout.write(`  ${colors.red(event.code)}: ${event.message}\n  ${colors.cyan("fix")}: ${adviceFor(event)}\n`);
  if (record !== undefined) {
    title("Headers");
    for (const [name, value] of record.headers)
      stdout.write(`  ${colors.dim(terminalText(name))}  ${terminalText(value.toString("utf8"))}\n`);
  }
  if (content !== undefined) writeContent(context, record?.body ?? undefined, content);
  title("Audit trail");
  if (event.actions.length === 0) stdout.write("  no action yet\n");
  for (const { at, action, actor, reason } of event.actions)
    stdout.write(`  ${at}  ${action} by ${actor ?? "unknown"}${reason === undefined ? "" : `: ${reason}`}\n`);
  const steps = nextSteps(event);
  if (steps.length === 0) return;
  title("Possible actions");
  for (const { command, purpose } of steps) stdout.write(`  ${command}\n    ${colors.dim(purpose)}\n`);
}

/** Writes what a retry or a discard would do. */
export function writeDryRun(
  context: CommandContext,
  action: "retry" | "discard",
  events: readonly ParkedEvent[],
): void {
  const rows = forTerminal(events).map((event) => [
    event.eventId,
    event.service,
    event.topic,
    event.key ?? "",
    event.eventType,
    event.code,
  ]);
  context.stdout.write(
    `${renderTable(
      ["EVENT", "SERVICE", "TOPIC", "KEY", "TYPE", "CODE"].map((title) => ({ title })),
      rows,
    )}\n\nDry run: nothing was written. ${events.length} ${events.length === 1 ? "event" : "events"} would be ${action === "retry" ? "put back into the outbox" : "discarded"}.\n`,
  );
}

/** Writes the outcome of each retry. */
export function writeRetried(
  context: CommandContext,
  events: readonly ParkedEvent[],
  aftermaths: ReadonlyMap<string, Aftermath>,
): void {
  const colors = colorsFor(context.stdout, context.env);
  const words = {
    published: colors.green("published"),
    "parked-again": colors.red("parked again"),
    "not-taken-up": colors.yellow("not published yet"),
  };
  const rows = forTerminal(events).map((event) => [
    event.eventId,
    event.service,
    event.topic,
    event.eventType,
    words[aftermaths.get(event.eventId) ?? "not-taken-up"],
  ]);
  context.stdout.write(
    `${renderTable(
      ["EVENT", "SERVICE", "TOPIC", "TYPE", "OUTCOME"].map((title) => ({ title })),
      rows,
    )}\n`,
  );
}
