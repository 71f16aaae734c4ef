/**
 * W3C trace context (`traceparent`). It is passed from HTTP to the outbox row, the record header and the handler. Only
 * the identifiers are passed; no exporter is needed to follow one order through logs and records.
 */
import { randomBytes } from "node:crypto";

/** A parsed `traceparent`. */
export interface TraceContext {
  /** 32 hexadecimal digits, not all zero. */
  readonly traceId: string;
  /** 16 hexadecimal digits, not all zero: the parent span of what follows. */
  readonly spanId: string;
  readonly sampled: boolean;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/u;

/** Parses a header; returns undefined if it is absent or malformed (the specification then requires a new trace). */
export function parseTraceparent(header: string | undefined): TraceContext | undefined {
  const match = header === undefined ? null : TRACEPARENT.exec(header);
  if (match === null) return undefined;
  const [, version = "", traceId = "", spanId = "", flags = "", rest] = match;
  if (version === "ff" || (version === "00" && rest !== undefined)) return undefined;
  if (/^0+$/u.test(traceId) || /^0+$/u.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** Returns the next span of the same trace, or the first of a new one. */
export function childTrace(
  parent: TraceContext | undefined,
  bytes: (size: number) => Buffer = randomBytes,
): TraceContext {
  return {
    traceId: parent?.traceId ?? bytes(16).toString("hex"),
    spanId: bytes(8).toString("hex"),
    sampled: parent?.sampled ?? true,
  };
}

/** Returns the header's text. */
export function formatTraceparent(trace: TraceContext): string {
  return `00-${trace.traceId}-${trace.spanId}-${trace.sampled ? "01" : "00"}`;
}
