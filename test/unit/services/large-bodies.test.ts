import { connect, type Socket } from "node:net";
import { BODY_LIMIT, createHttp } from "@event-platform-kit/service/http";
import { largeBodyLimit } from "@event-platform-kit/service/http/large-bodies";
import { createLogger } from "@event-platform-kit/service/telemetry/logger";
import { createMetrics } from "@event-platform-kit/service/telemetry/metrics";
import { afterEach, beforeEach, expect, it } from "vitest";
import { eventually } from "../../platform/condition.ts";

const limit = largeBodyLimit(1);
let app: ReturnType<typeof createHttp>;
let port: number;
let sockets: Socket[];

beforeEach(async () => {
  sockets = [];
  app = createHttp({ log: createLogger("test", "0", "silent"), metrics: createMetrics("test", "0") });
  // A token's check takes a moment, in which a client may leave.
  app.post(
    "/orders",
    { bodyLimit: 4 * BODY_LIMIT, onRequest: [async () => new Promise((resolve) => setImmediate(resolve)), limit.hook] },
    async () => ({}),
  );
  await app.listen({ host: "127.0.0.1", port: 0 });
  port = (app.server.address() as { port: number }).port;
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await app.close();
});

/** Begins a large request and sends no more than its first byte. */
function begin(): Socket {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  sockets.push(socket);
  socket.write(
    `POST /orders HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: ${BODY_LIMIT * 2}\r\n\r\n{`,
  );
  return socket;
}
const post = (bytes: number): Promise<Response> =>
  fetch(`http://127.0.0.1:${port}/orders`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ text: "x".repeat(bytes) }),
  });

it("reads so many large bodies at once, refuses more for a moment, and lets small ones pass", async () => {
  begin();
  await eventually("the slot to be taken", () => limit.inUse() === 1 || undefined, 10_000);
  const refused = await post(BODY_LIMIT + 1);
  expect(refused.status).toBe(503);
  expect(refused.headers.get("retry-after")).toBe("2");
  expect((await post(100)).status).toBe(200);
});

it("gets a slot back when its answer is out, and whenever its client leaves", async () => {
  expect((await post(BODY_LIMIT + 1)).status).toBe(200);
  for (let round = 0; round < 50; round += 1) {
    const socket = begin();
    if (round % 2 === 0) await eventually("the slot to be taken", () => limit.inUse() === 1 || undefined, 10_000);
    socket.destroy();
    await eventually("the slot to come back", () => limit.inUse() === 0 || undefined, 10_000);
  }
  expect((await post(BODY_LIMIT + 1)).status).toBe(200);
});

it("keeps to the route's limit, and names it", async () => {
  const refused = await post(4 * BODY_LIMIT);
  expect(refused.status).toBe(413);
  expect(await refused.json()).toMatchObject({ detail: `The body may have at most ${4 * BODY_LIMIT} bytes.` });
});
