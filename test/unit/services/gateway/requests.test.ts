import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { createHttp } from "@event-platform-kit/service/http";
import { createLogger } from "@event-platform-kit/service/telemetry/logger";
import { createMetrics } from "@event-platform-kit/service/telemetry/metrics";
import type { FastifyInstance } from "fastify";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { LoneGateway } from "./lone-gateway.ts";
import { startLoneGateway } from "./lone-gateway.ts";

/** What came back until the other side closed the connection. Each further text is sent when something has come back. */
async function exchange(port: number, text: string, ...further: readonly string[]): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port }, () => socket.write(text));
  const left = [...further];
  let answer = "";
  socket.on("data", (chunk: Buffer) => {
    answer += chunk.toString("latin1");
    const next = left.shift();
    if (next !== undefined) socket.write(next);
  });
  socket.on("error", () => undefined);
  await once(socket, "close");
  return answer;
}

describe("targets of requests", () => {
  let gateway: LoneGateway;
  let token: string;
  beforeAll(async () => {
    gateway = await startLoneGateway();
    token = await gateway.token("cust-1");
  });
  afterAll(() => gateway?.stop());
  const get = (target: string): Promise<string> =>
    exchange(
      gateway.port,
      `GET ${target} HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer ${token}\r\nconnection: close\r\n\r\n`,
    );

  it.each([
    ["http://gateway/orders?limit=1", "/orders?limit=1"],
    [
      "HTTPS://gateway:8443/orders/0190c0de-0000-7000-8000-000000000000",
      "/orders/0190c0de-0000-7000-8000-000000000000",
    ],
    ["/orders?cursor=a%2Fb%5C..", "/orders?cursor=a%2Fb%5C.."],
  ])("%s reach the service behind as %s", async (target, received) => {
    expect(await get(target)).toMatch(/^HTTP\/1\.1 200 /u);
    expect(gateway.received.at(-1)).toBe(received);
  });

  it.each([
    "/orders/\\..\\simulator",
    "/orders/..\\simulator",
    "/orders\\",
    "/orders/%5c..%5csimulator",
    "/orders/..%2fsimulator",
    "/orders/%2e%2e",
    "/orders/..",
    "/orders/.",
    "/orders//",
    "/orders/a%00b",
    "/orders/a;b",
    "/orders#x",
    "http://gateway/orders/..\\simulator",
    "http://gateway",
    "http://gateway\\orders",
    "//orders",
    "*",
  ])("%s exist nowhere and reach nobody", async (target) => {
    const before = gateway.received.length;
    expect(await get(target)).toMatch(/^HTTP\/1\.1 40[04] [^]*application\/problem\+json/u);
    expect(gateway.received.length).toBe(before);
  });
});

describe("tokens", () => {
  let gateway: LoneGateway;
  const now = 1_800_000_000;
  beforeAll(async () => {
    gateway = await startLoneGateway({ BAD_TOKENS_PER_SECOND: "1000" }, () => now * 1_000);
  });
  afterAll(() => gateway?.stop());

  it.each<[string, number, Record<string, unknown>, Record<string, unknown>?]>([
    ["as an issuer makes them", 200, {}],
    ["without iat", 200, { iat: undefined }],
    ["of a clock that is a little ahead", 200, { iat: now + 4 }],
    ["issued in the future", 401, { iat: now + 60, exp: now + 120 }],
    ["whose iat is no number", 401, { iat: "now" }],
    ["for a day", 200, { exp: now + 86_400 }],
    ["for ten years", 401, { exp: now + 10 * 365 * 86_400 }],
    ["for ten years without iat", 401, { iat: undefined, exp: now + 10 * 365 * 86_400 }],
    ["issued ten years ago and nearly over", 401, { iat: now - 10 * 365 * 86_400, exp: now + 60 }],
    ["whose sub is a number", 401, { sub: 12345 }],
    ["whose sub is a list", 401, { sub: ["cust-1"] }],
    ["whose sub is empty", 401, { sub: "" }],
    ["of no typ", 200, {}, { typ: undefined }],
    ["of typ at+jwt", 200, {}, { typ: "at+jwt" }],
    ["of typ application/at+JWT", 200, {}, { typ: "application/at+JWT" }],
    ["of typ logout+jwt", 401, {}, { typ: "logout+jwt" }],
    ["of typ dpop+jwt", 401, {}, { typ: "dpop+jwt" }],
    ["of an empty typ", 401, {}, { typ: "" }],
  ])("%s answer %i", async (_what, status, claims, header = {}) => {
    const answer = await fetch(`${gateway.url}/orders`, {
      headers: { authorization: `Bearer ${await gateway.token("cust-1", { claims, header })}` },
    });
    expect({ status: answer.status, body: await answer.json() }).toMatchObject(
      status === 200
        ? { status, body: {} }
        : { status, body: { type: "urn:event-platform-kit:problem:unauthenticated" } },
    );
  });

  it("that were good are forgotten when their time is over", async () => {
    let ahead = 0;
    const other = await startLoneGateway({}, () => now * 1_000 + ahead);
    try {
      const headers = { authorization: `Bearer ${await other.token("cust-1", { claims: { exp: now + 60 } })}` };
      const ask = async (): Promise<number> => (await fetch(`${other.url}/orders`, { headers })).status;
      expect([await ask(), await ask()]).toEqual([200, 200]);
      ahead = 66_000;
      expect(await ask()).toBe(401);
    } finally {
      await other.stop();
    }
  });

  it("may live as long as the settings say", async () => {
    const strict = await startLoneGateway({ TOKEN_MAX_LIFE_SECONDS: "300" });
    try {
      const ask = async (claims: Record<string, unknown>): Promise<number> =>
        (
          await fetch(`${strict.url}/orders`, {
            headers: { authorization: `Bearer ${await strict.token("cust-1", { claims })}` },
          })
        ).status;
      expect([await ask({}), await ask({ exp: Math.floor(Date.now() / 1_000) + 290 })]).toEqual([401, 200]);
    } finally {
      await strict.stop();
    }
  });
});

describe("requests that do not come to their end", () => {
  const LIMIT_MS = 400;
  let app: FastifyInstance | undefined;
  afterEach(() => app?.close());

  async function start(): Promise<number> {
    const server = (app = createHttp({
      log: createLogger("test", "0", "silent"),
      metrics: createMetrics("test", "0"),
      requestTimeoutMs: LIMIT_MS,
    }));
    server.post("/orders", async () => ({}));
    await server.listen({ host: "127.0.0.1", port: 0 });
    return (server.server.address() as AddressInfo).port;
  }

  it.each([
    ["say nothing", ""],
    ["stop within the headers", "POST /orders HTTP/1.1\r\nhost: gateway\r\nx-slow: "],
    [
      "stop within the body",
      'POST /orders HTTP/1.1\r\nhost: gateway\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"items":',
    ],
  ])(
    "are ended when they %s",
    async (_how, text) => {
      // Ends when the server closes: Node's own limits would keep it for up to a minute and a half, beyond the test's.
      expect(await exchange(await start(), text)).toMatch(
        /^HTTP\/1\.1 408 Request Timeout\r\n[^]*urn:event-platform-kit:problem:request-timeout/u,
      );
    },
    25_000,
  );

  it("are ended when they trickle", async () => {
    const port = await start();
    const socket = connect({ host: "127.0.0.1", port });
    socket.on("error", () => undefined);
    socket.resume();
    socket.write(
      "POST /orders HTTP/1.1\r\nhost: gateway\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n",
    );
    const trickle = setInterval(() => socket.write(" "), 20);
    try {
      await once(socket, "close");
    } finally {
      clearInterval(trickle);
    }
  }, 25_000);

  it("has the limits of the documentation by default", async () => {
    const server = (app = createHttp({
      log: createLogger("test", "0", "silent"),
      metrics: createMetrics("test", "0"),
    }));
    expect({ headers: server.server.headersTimeout, request: server.server.requestTimeout }).toEqual({
      headers: 10_000,
      request: 10_000,
    });
  });

  it("or are no requests are refused as problems", async () => {
    const port = await start();
    expect(await exchange(port, "NONSENSE\r\n\r\n")).toMatch(
      /^HTTP\/1\.1 400 Bad Request\r\n[^]*application\/problem\+json[^]*malformed-request/u,
    );
    expect(await exchange(port, `GET / HTTP/1.1\r\nhost: gateway\r\nx-large: ${"x".repeat(20_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431 [^]*headers-too-large/u,
    );
    // Also on a connection that had an answer before, and to a client that goes on sending.
    const large = `POST / HTTP/1.1\r\nhost: gateway\r\nx-large: ${"x".repeat(100_000)}\r\ncontent-length: 100000\r\n\r\n${"x".repeat(100_000)}`;
    expect(await exchange(port, "GET /nowhere HTTP/1.1\r\nhost: gateway\r\n\r\n", large)).toMatch(
      /^HTTP\/1\.1 404 [^]*HTTP\/1\.1 431 [^]*headers-too-large/u,
    );
  });
});
