/**
 * Spans of a service: HTTP request, event in the outbox, its publishing, its handler, SQL statements. Without an OpenTelemetry
 * endpoint only the identifiers travel (`trace.ts`), and nothing here costs more than before; with one, `otlp-tracer.ts` exports
 * them.
 */
import type { TraceContext } from "../trace.ts";
import { childTrace } from "../trace.ts";

/** What a span stands for, in the words of OpenTelemetry. */
export type SpanKind = "server" | "producer" | "consumer" | "client";

/** Attributes by their names in OpenTelemetry's semantic conventions; undefined ones are left out. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

export interface SpanOptions {
  readonly kind: SpanKind;
  /** What caused it. @default the span within which the caller runs; without one, a new trace */
  readonly parent?: TraceContext;
  readonly attributes?: SpanAttributes;
  /** Milliseconds since the epoch. @default now */
  readonly startedAt?: number;
}

/** A step of a trace that is under way. */
export interface Span {
  /** What travels to whatever it causes. */
  readonly context: TraceContext;
  /** Names it once more is known, such as the route of a request. */
  rename(name: string): void;
  /**
   * Ends it, now. A span that is never ended is not exported.
   * @param outcome.error - Why it failed.
   */
  end(outcome?: { readonly error?: unknown; readonly attributes?: SpanAttributes }): void;
}

export interface Tracer {
  /** False: spans are identifiers alone, and `within` changes nothing. Hot paths skip what serves spans only. */
  readonly active: boolean;
  start(name: string, options: SpanOptions): Span;
  /** Runs work within a span: spans that are started meanwhile without a parent are its children. */
  within<T>(span: Span, work: () => T): T;
  /** Whether the caller runs within a span. */
  isWithin(): boolean;
  /** Exports what is left, within a limit of its own; never throws. */
  stop(): Promise<void>;
}

/** Gives each span identifiers, so that an order can be followed through logs and records, and exports none. */
export const UNTRACED: Tracer = {
  active: false,
  start: (_name, { parent }) => ({ context: childTrace(parent), rename: () => undefined, end: () => undefined }),
  within: (_span, work) => work(),
  isWithin: () => false,
  stop: async () => undefined,
};
