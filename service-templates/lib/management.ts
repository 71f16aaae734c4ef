/**
 * The management port: liveness (is the process able to work at all), readiness (should it get work
 * now), metrics. It is not reachable through the gateway.
 */
import type { FastifyInstance } from "fastify";
import type { HttpOptions } from "./http.ts";
import { createHttp } from "./http.ts";
import { messageOf } from "./errors.ts";

/** A condition of readiness: undefined when good, else what is wrong. */
export type ReadinessCheck = () => Promise<string | undefined> | string | undefined;

export interface ManagementOptions extends HttpOptions {
  readonly checks: Readonly<Record<string, ReadinessCheck>>;
  /** Brings gauges up to date before they are read. */
  readonly beforeScrape?: () => Promise<void>;
}

export function createManagement(options: ManagementOptions): FastifyInstance {
  const app = createHttp(options);
  app.get("/livez", async () => ({ status: "alive" }));
  app.get("/readyz", async (_request, reply) => {
    const checks: Record<string, string> = {};
    let ready = true;
    for (const [name, check] of Object.entries(options.checks)) {
      let wrong: string | undefined;
      try {
        wrong = await check();
      } catch (error) {
        wrong = messageOf(error);
      }
      checks[name] = wrong ?? "good";
      ready &&= wrong === undefined;
    }
    return reply.code(ready ? 200 : 503).send({ status: ready ? "ready" : "not ready", checks });
  });
  app.get("/metrics", async (_request, reply) => {
    await options.beforeScrape?.().catch((error: unknown) => options.log.warn({ err: error }, "gauges are not up to date"));
    return reply.type(options.metrics.registry.contentType).send(await options.metrics.registry.metrics());
  });
  return app;
}
