/**
 * Spans of a service: HTTP request, event in the outbox, publishing, handler, SQL statements. Without an OpenTelemetry
 * endpoint only the identifiers are passed on (`trace.ts`), which adds no cost; with one, `otlp-tracer.ts` exports the
 * spans.
 */
import type { TraceContext } from "../trace.ts";
import { childTrace } from "../trace.ts";

/** The kind of a span, in OpenTelemetry's terms. */
export type SpanKind = "server" | "producer" | "consumer" | "client";

/** Attributes by their names in OpenTelemetry's semantic conventions; undefined ones are left out. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

export interface SpanOptions {
  readonly kind: SpanKind;
  /** The context that caused the span. @default the span within which the caller runs; without one, a new trace */
  readonly parent?: TraceContext | undefined;
  readonly attributes?: SpanAttributes;
  /** Milliseconds since the epoch. @default now */
  readonly startedAt?: number;
}

/** A step of a trace that is in progress. */
export interface Span {
  /** The context that is passed on to everything that the span causes. */
  readonly context: TraceContext;
  /** Changes the span's name once more is known, such as the route of a request. */
  rename(name: string): void;
  /**
   * Ends the span now. A span that is never ended is not exported.
   * @param outcome.error - Why it failed.
   */
  end(outcome?: { readonly error?: unknown; readonly attributes?: SpanAttributes }): void;
}

export interface Tracer {
  /** False: spans are only identifiers, and `within` has no effect. Hot paths then skip work that only serves spans. */
  readonly active: boolean;
  start(name: string, options: SpanOptions): Span;
  /** Runs work within a span: spans that are started meanwhile without a parent are its children. */
  within<T>(span: Span, work: () => T): T;
  /** Returns whether the caller runs within a span. */
  isWithin(): boolean;
  /** Exports the remaining spans, within its own timeout; never throws. */
  stop(): Promise<void>;
}

/** Gives each span identifiers, so that logs and records of an order can be followed, and exports no spans. */
export const UNTRACED: Tracer = {
  active: false,
  start: (_name, { parent }) => ({ context: childTrace(parent), rename: () => undefined, end: () => undefined }),
  within: (_span, work) => work(),
  isWithin: () => false,
  stop: async () => undefined,
};
