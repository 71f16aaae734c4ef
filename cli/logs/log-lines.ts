/** Lines of the platform's logs: parses, filters, sorts and formats them. Pure. */

/** A line, together with continuation lines (a stack trace). */
export interface LogLine {
  /** Name of the process. */
  readonly process: string;
  /** Milliseconds since the epoch; undefined if neither the line nor an earlier one in the file has a time. */
  readonly at: number | undefined;
  /** `fatal`, `error`, `warn`, `info`, `debug`, `trace`; undefined if the line has none. */
  readonly level: string | undefined;
  readonly message: string;
  /** Other fields of a JSON line. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The original text. */
  readonly text: string;
}

export const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
export type Level = (typeof LEVELS)[number];

/** Fields that are shown separately, or that every line of a process has. */
const SHOWN_ELSEWHERE = new Set(["time", "level", "msg", "service", "replica"]);
/** `[2026-01-31 08:00:00,123] INFO …` of Kafka, `2026-01-31 08:00:00,123 INFO` of the registry, `2026-01-31 08:00:00.123 UTC [1] LOG:` of PostgreSQL. */
const PLAIN = /^\[?(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)[.,](\d{3})\]?(?: (UTC))?\s*(.*)$/su;
const PLAIN_LEVEL = /\b(TRACE|DEBUG|INFO|WARN|ERROR|FATAL|WARNING|LOG|PANIC)\b/u;
const LEVEL_OF: Readonly<Record<string, Level>> = { warning: "warn", log: "info", panic: "fatal" };

/** Parses one line of a process's log. A line without a timestamp has no time. */
export function parseLine(process: string, text: string): LogLine {
  const json = jsonLine(text);
  if (json !== undefined) {
    const { time, level, msg, ...rest } = json;
    const at = typeof time === "string" ? Date.parse(time) : Number(time);
    return {
      process,
      at: Number.isNaN(at) ? undefined : at,
      level: typeof level === "string" ? level : undefined,
      message: typeof msg === "string" ? msg : "",
      fields: Object.fromEntries(Object.entries(rest).filter(([name]) => !SHOWN_ELSEWHERE.has(name))),
      text,
    };
  }
  const [, day, clock, ms, zone, message = text] = PLAIN.exec(text) ?? [];
  const name = PLAIN_LEVEL.exec(message.slice(0, 80))?.[1]?.toLowerCase();
  return {
    process,
    // A time without a zone is in this machine's zone.
    at: day === undefined ? undefined : Date.parse(`${day}T${clock}.${ms}${zone === undefined ? "" : "Z"}`),
    level: name === undefined ? undefined : (LEVEL_OF[name] ?? name),
    message,
    fields: {},
    text,
  };
}

function jsonLine(text: string): Readonly<Record<string, unknown>> | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && "msg" in value ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** A line with its own time, otherwise with that of the previous line. */
export function withTime(line: LogLine, before: number | undefined): LogLine {
  const at = line.at ?? before;
  return line.at === at ? line : { ...line, at };
}

/** Gives each line without a time that of the previous line, so that a stack trace stays below its error. */
export function withTimes(lines: readonly LogLine[], before?: number): readonly LogLine[] {
  let at = before;
  return lines.map((line) => {
    const timed = withTime(line, at);
    at = timed.at;
    return timed;
  });
}

/** Sorts lines of several processes by time; lines of one process keep their order. */
export function inOrder(lines: readonly LogLine[]): readonly LogLine[] {
  // Stable: lines of the same millisecond keep their order.
  return lines.toSorted((a, b) => (a.at ?? 0) - (b.at ?? 0));
}

/** Filter of lines. */
export interface LineFilter {
  /** Minimum level; lines without a level count as `info`. @default every */
  readonly level?: Level;
  /** Milliseconds since the epoch. @default every */
  readonly since?: number;
  /** Lines that name this id, or belong to a trace of a line that does. @default every */
  readonly id?: string;
}

/** Decides line by line; traces of an id are collected from earlier lines. */
export interface LineMatcher {
  /** Collects the traces of a line that names the id. */
  learn(line: LogLine): void;
  matches(line: LogLine): boolean;
}

export function lineMatcher({ level, since, id }: LineFilter): LineMatcher {
  const least = level === undefined ? 0 : LEVELS.indexOf(level);
  const traces = new Set<string>();
  const names = (line: LogLine): boolean => id !== undefined && line.text.includes(id);
  const traceOf = ({ fields: { traceId } }: LogLine): string | undefined =>
    typeof traceId === "string" && traceId !== "" ? traceId : undefined;

  function learn(line: LogLine): void {
    if (!names(line)) return;
    const trace = traceOf(line);
    if (trace !== undefined) traces.add(trace);
  }

  return {
    learn,
    matches(line) {
      const place = (LEVELS as readonly (string | undefined)[]).indexOf(line.level);
      if ((place < 0 ? LEVELS.indexOf("info") : place) < least) return false;
      if (since !== undefined && (line.at ?? 0) < since) return false;
      if (id === undefined) return true;
      learn(line);
      const trace = traceOf(line);
      return names(line) || (trace !== undefined && traces.has(trace));
    },
  };
}

/** One line of `kit logs --json`. */
export interface LogDocument {
  /** ISO 8601; null if unknown. */
  readonly time: string | null;
  readonly process: string;
  readonly level: string | null;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export function logDocument({ at, process, level, message, fields }: LogLine): LogDocument {
  return { time: at === undefined ? null : new Date(at).toISOString(), process, level: level ?? null, message, fields };
}

/** The fields as `name=value`, text without quotes if it needs none; leaves out an error's stack but not its message. */
export function shownFields(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${shownValue(value)}`)
    .join(" ");
}

function shownValue(value: unknown): string {
  if (typeof value === "string") return /^[\w.:/@+-]+$/u.test(value) ? value : JSON.stringify(value);
  if (typeof value === "object" && value !== null && "message" in value && typeof value.message === "string")
    return JSON.stringify(value.message);
  return JSON.stringify(value) ?? "";
}
