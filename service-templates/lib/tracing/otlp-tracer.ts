/**
 * Exports spans over OTLP/HTTP with OpenTelemetry's SDK. It is loaded only if `OTEL_EXPORTER_OTLP_ENDPOINT` is set: a
 * span costs 25 to 30 microseconds, the packages 16 MB of memory. Spans wait in a bounded queue. If the receiver is
 * unavailable, they are lost, and nothing else is delayed.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Attributes, Span as OtelSpan, SpanContext } from "@opentelemetry/api";
import { SpanKind as OtelKind, ROOT_CONTEXT, SpanStatusCode, TraceFlags, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { messageOf } from "../errors.ts";
import type { TraceContext } from "../trace.ts";
import type { Span, SpanAttributes, SpanKind, Tracer } from "./tracer.ts";

export interface OtlpOptions {
  /** Base address of the receiver; spans go to `/v1/traces` below it. */
  readonly endpoint: string;
  /** Share of the traces that begin here and are exported, from 0 to 1. For a trace that began elsewhere, its header decides. */
  readonly ratio: number;
  readonly service: string;
  readonly instance: string;
  /** Called when spans could not be exported; only the spans are lost. */
  readonly onError: (error: unknown) => void;
}

const KINDS: Readonly<Record<SpanKind, OtelKind>> = {
  server: OtelKind.SERVER,
  producer: OtelKind.PRODUCER,
  consumer: OtelKind.CONSUMER,
  client: OtelKind.CLIENT,
};
/** Timeout of an export, in milliseconds: a receiver that hangs must delay neither later batches nor the end of the process. */
const EXPORT_LIMIT_MS = 5_000;
const STOP_LIMIT_MS = 2_000;

export function otlpTracer(options: OtlpOptions): Tracer {
  const exporter = new OTLPTraceExporter({
    url: `${options.endpoint.replace(/\/+$/u, "")}/v1/traces`,
    timeoutMillis: EXPORT_LIMIT_MS,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ "service.name": options.service, "service.instance.id": options.instance }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(options.ratio) }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: {
          export: (spans, done) =>
            exporter.export(spans, (result) => {
              if (result.error !== undefined) options.onError(result.error);
              done(result);
            }),
          shutdown: () => exporter.shutdown(),
          forceFlush: () => exporter.forceFlush(),
        },
        exportTimeoutMillis: EXPORT_LIMIT_MS,
      }),
    ],
  });
  const tracer = provider.getTracer("@event-platform-kit/service");
  const current = new AsyncLocalStorage<OtelSpan>();
  const spans = new WeakMap<Span, OtelSpan>();

  return {
    active: true,
    start(name, { kind, parent, attributes = {}, startedAt }) {
      const around = current.getStore();
      let context = ROOT_CONTEXT;
      if (parent !== undefined) context = trace.setSpanContext(ROOT_CONTEXT, remoteContext(parent));
      else if (around !== undefined) context = trace.setSpan(ROOT_CONTEXT, around);
      const span = tracer.startSpan(
        name,
        {
          kind: KINDS[kind],
          attributes: known(attributes),
          ...(startedAt === undefined ? {} : { startTime: startedAt }),
        },
        context,
      );
      const own: Span = {
        context: contextOf(span),
        rename: (text) => void span.updateName(text),
        end(outcome = {}) {
          if (outcome.attributes !== undefined) span.setAttributes(known(outcome.attributes));
          if (outcome.error !== undefined) {
            span.setAttribute("error.type", errorType(outcome.error));
            span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(outcome.error) });
          }
          span.end();
        },
      };
      spans.set(own, span);
      return own;
    },
    within(span, work) {
      const inner = spans.get(span);
      return inner === undefined ? work() : current.run(inner, work);
    },
    isWithin: () => current.getStore() !== undefined,
    async stop() {
      let timer: NodeJS.Timeout | undefined;
      const limit = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, STOP_LIMIT_MS);
      });
      await Promise.race([provider.shutdown().catch(options.onError), limit]);
      clearTimeout(timer);
    },
  };
}

function remoteContext({ traceId, spanId, sampled }: TraceContext): SpanContext {
  return { traceId, spanId, traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE, isRemote: true };
}

function contextOf(span: OtelSpan): TraceContext {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return { traceId, spanId, sampled: (traceFlags & TraceFlags.SAMPLED) === TraceFlags.SAMPLED };
}

function known(attributes: SpanAttributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined)) as Attributes;
}

/** Returns the error's code if it has one: messages contain values, so each would become an error type of its own. */
function errorType(error: unknown): string {
  if (!(error instanceof Error)) return "other";
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : error.name;
}
