/** `tracing:` of a stack: the receiver to which services send spans. */
import * as z from "zod";
import type { Problem } from "../problems/problem.ts";
import type { Located } from "../problems/validation.ts";
import { addressRange } from "../values/field-types.ts";

export const tracingSettings = z
  .strictObject({
    endpoint: z.url({ protocol: /^https?$/ }).meta({
      description:
        "Receiver of traces by OTLP over HTTP, such as an OpenTelemetry Collector; services send to /v1/traces below it.",
      examples: ["http://otel-collector.observability.svc:4318"],
    }),
    ratio: z
      .number()
      .min(0)
      .max(1)
      .meta({ description: "Share of the traces that begin in a service and are exported, from 0 to 1. Default: 1." })
      .default(1),
    namespace: z
      .string()
      .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)
      .meta({
        description: "On Kubernetes: namespace of the receiver's pods, for network policies.",
        examples: ["observability"],
      })
      .optional(),
    cidrs: z
      .array(addressRange)
      .min(1)
      .max(64)
      .meta({ description: "On Kubernetes: addresses of a receiver outside the cluster, for network policies." })
      .optional(),
  })
  .meta({ description: "Export of traces. Default: none; then the trace ids alone travel, in headers and logs." });

/** Settings of tracing; `ratio` from 0 to 1. */
export type TracingSettings = z.output<typeof tracingSettings>;

/**
 * Returns the problems of `tracing:` that its format alone cannot detect: on Kubernetes, a network policy must allow
 * services to connect to the receiver.
 */
export function tracingProblems(tracing: TracingSettings | undefined, at: Located): Problem[] {
  if (tracing === undefined) return [];
  if ((tracing.namespace === undefined) !== (tracing.cidrs === undefined)) return [];
  return [
    {
      rule: "missing-key",
      ...at.place(["tracing"]),
      message:
        tracing.cidrs === undefined
          ? "tracing says where the receiver answers, but not where its pods or addresses are: the services' network policies would not let them out"
          : "tracing names both a namespace and addresses of the receiver: which one its endpoint is in cannot be known",
      fix: "set tracing.namespace for a receiver in the cluster, or tracing.cidrs for one outside",
    },
  ];
}
