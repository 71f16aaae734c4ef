/**
 * The management port: liveness (can the process work at all), readiness (should it receive work now), metrics. The
 * gateway does not expose it.
 */
import type { FastifyInstance } from "fastify";
import { pause } from "../clock.ts";
import { messageOf } from "../errors.ts";
import type { HttpOptions } from "./http.ts";
import { createHttp } from "./http.ts";

/** Checks a condition of readiness: returns undefined if it is met, otherwise the problem. */
export type ReadinessCheck = () => Promise<string | undefined> | string | undefined;

export interface ManagementOptions extends HttpOptions {
  readonly checks: Readonly<Record<string, ReadinessCheck>>;
  /** Updates gauges before they are read. */
  readonly beforeScrape?: () => Promise<void>;
}

export function createManagement(options: ManagementOptions): FastifyInstance {
  const app = createHttp(options);
  app.get("/livez", async () => ({ status: "alive" }));
  app.get("/readyz", async (_request, reply) => {
    const answers = await Promise.all(
      Object.entries(options.checks).map(async ([name, check]) => [name, await outcomeOf(check)] as const),
    );
    const ready = answers.every(([, wrong]) => wrong === undefined);
    const checks = Object.fromEntries(answers.map(([name, wrong]) => [name, wrong ?? "good"]));
    return reply.code(ready ? 200 : 503).send({ status: ready ? "ready" : "not ready", checks });
  });
  app.get("/metrics", async (_request, reply) => {
    await options
      .beforeScrape?.()
      .catch((error: unknown) => options.log.warn({ err: error }, "gauges are not up to date"));
    return reply.type(options.metrics.registry.contentType).send(await options.metrics.registry.metrics());
  });
  return app;
}

/** Longest wait for one check, in milliseconds: a server that hangs must not leave the probe without an answer. */
const CHECK_LIMIT_MS = 2_000;

async function outcomeOf(check: ReadinessCheck): Promise<string | undefined> {
  const answered = new AbortController();
  const late = pause(CHECK_LIMIT_MS, answered.signal).then(() => `no answer within ${CHECK_LIMIT_MS} ms`);
  try {
    return await Promise.race([check(), late]);
  } catch (error) {
    return messageOf(error);
  } finally {
    answered.abort();
  }
}
