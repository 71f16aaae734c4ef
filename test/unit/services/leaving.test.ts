import { Agent, request } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { createHttp, lastRequests } from "@event-platform-kit/service/http";
import { createLogger } from "@event-platform-kit/service/telemetry/logger";
import { createMetrics } from "@event-platform-kit/service/telemetry/metrics";
import type { FastifyInstance } from "fastify";
import { afterEach, describe, expect, it } from "vitest";

const LIMIT_MS = 5_000;

describe("a server that is about to close", () => {
  let app: FastifyInstance | undefined;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  afterEach(async () => {
    agent.destroy();
    await app?.close();
  });

  async function start(leaving: () => boolean, work: () => Promise<unknown>): Promise<FastifyInstance> {
    const started = (app = createHttp({
      log: createLogger("test", "0", "silent"),
      metrics: createMetrics("test", "0"),
      leaving,
    }));
    started.get("/", async () => {
      await work();
      return {};
    });
    await started.listen({ host: "127.0.0.1", port: 0 });
    return started;
  }

  /** Asks on the caller's one kept connection. */
  function ask({
    server,
  }: FastifyInstance): Promise<{ readonly status: number | undefined; readonly connection: string | undefined }> {
    return new Promise((resolve, reject) => {
      request({ host: "127.0.0.1", port: (server.address() as AddressInfo).port, agent }, (answer) => {
        answer.resume();
        answer.once("end", () => resolve({ status: answer.statusCode, connection: answer.headers.connection }));
      })
        .once("error", reject)
        .end();
    });
  }

  it("answers a caller that keeps its connection, tells it to leave, and closes without waiting for it", async () => {
    let leaving = false;
    let begun = (): void => {};
    const under = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const server = await start(
      () => leaving,
      async () => {
        begun();
        await pause(200);
      },
    );
    const first = ask(server);
    await under;
    leaving = true;
    const gone = lastRequests(server, LIMIT_MS);
    expect(await first).toEqual({ status: 200, connection: "close" });
    const started = performance.now();
    await gone;
    await server.close();
    // Node itself keeps such a connection for as long as it may be idle, and the drain with it.
    expect(performance.now() - started).toBeLessThan(LIMIT_MS);
  });

  it("goes on answering on new connections until the last caller has left", async () => {
    let leaving = false;
    const server = await start(
      () => leaving,
      async () => undefined,
    );
    expect((await ask(server)).connection).toBe("keep-alive");
    leaving = true;
    const gone = lastRequests(server, LIMIT_MS);
    expect(await ask(server)).toEqual({ status: 200, connection: "close" });
    await gone;
    expect(await ask(server)).toEqual({ status: 200, connection: "close" });
  });

  it("waits no longer than its limit for a connection that nobody uses", async () => {
    const server = await start(
      () => true,
      async () => undefined,
    );
    const idle = request({ host: "127.0.0.1", port: (server.server.address() as AddressInfo).port });
    idle.on("error", () => undefined);
    await new Promise((resolve) => idle.once("socket", (socket) => socket.once("connect", resolve)));
    const started = performance.now();
    await lastRequests(server, 100);
    expect(performance.now() - started).toBeGreaterThanOrEqual(99);
    idle.destroy();
  });
});
