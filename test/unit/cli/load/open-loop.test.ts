import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import type { LoadPlan, LoadProgress } from "../../../../cli/load/open-loop.ts";
import { runOpenLoop } from "../../../../cli/load/open-loop.ts";
import type { SeenRequest } from "./gateway-stub.ts";
import { accept, gatewayStub, refuse } from "./gateway-stub.ts";

const ordersAt = (gateway: string): { readonly url: string; readonly idField: string } => ({
  url: new URL("/orders", gateway).href,
  idField: "orderId",
});

const tokenFor = async (customerId: string): Promise<string> => `token-of-${customerId}`;

function plan(changes: Partial<LoadPlan> = {}): LoadPlan {
  let key = 0;
  return {
    ratePerSecond: 100,
    durationMs: 500,
    seed: 1,
    timeoutMs: 5_000,
    order: (index) => ({
      customerId: `c-${index % 3}`,
      body: { items: [{ productId: "sku-mouse", quantity: 1 + index }] },
    }),
    newKey: () => `key-${(key += 1)}`,
    ...changes,
  };
}

/** Answers with 503 to the first so many requests of each key, then as told. */
function failingFirst(
  times: number,
  then: (request: SeenRequest, response: ServerResponse) => void,
): (request: SeenRequest, response: ServerResponse) => void {
  const tries = new Map<string, number>();
  return (request, response) => {
    const key = String(request.headers["idempotency-key"]);
    const before = tries.get(key) ?? 0;
    tries.set(key, before + 1);
    if (before < times) refuse(response, 503);
    else then(request, response);
  };
}

describe("an open loop", () => {
  it("counts a stall for every order that was due while it lasted, and sends them all the same", async () => {
    const stallMs = 600;
    let stalledAt: number | undefined;
    const stub = await gatewayStub((request, response) => {
      stalledAt ??= performance.now();
      // Answers wait until the stall is over; an order that comes late in it waits little.
      setTimeout(() => accept(request, response), Math.max(0, stalledAt + stallMs - performance.now()));
    });
    const result = await runOpenLoop({ ...ordersAt(stub.gateway), tokenFor }, plan({ durationMs: 1_000 }));

    expect(result.due).toBe(100);
    expect(result.unsent).toBe(0);
    // A closed loop would have met the stall once, with its first request, and sent 40 orders.
    const stalled = result.orders.filter((order) => order.dueAt - result.startedAt < stallMs);
    expect(stalled).toHaveLength(60);
    for (const order of stalled) {
      const waited = order.answeredAt - order.dueAt;
      const owed = stallMs - (order.dueAt - result.startedAt);
      expect(waited).toBeGreaterThan(owed - 15);
    }
    expect(result.latency.max).toBeGreaterThan(stallMs - 15);
    expect(result.latency.p50).toBeGreaterThan(50);
    // They were sent while nobody answered.
    const before = stub.seen.filter((request) => stalledAt !== undefined && request.at < stalledAt + stallMs - 50);
    expect(before.length).toBeGreaterThan(40);
  });

  it("counts an order from when it was due, although the generator itself was late", async () => {
    // The server runs in this process: what blocks it blocks the generator, as a garbage collection would.
    const stub = await gatewayStub((request, response) => {
      if (stub.seen.length === 3) for (const end = performance.now() + 200; performance.now() < end; );
      accept(request, response);
    });
    const result = await runOpenLoop({ ...ordersAt(stub.gateway), tokenFor }, plan({ durationMs: 300 }));
    expect(result.orders).toHaveLength(30);
    expect(result.lateness.max).toBeGreaterThan(100);
    expect(result.latency.max).toBeGreaterThanOrEqual(result.lateness.max);
  });

  it("sends each order once with its customer's token, its own key and body, over few connections", async () => {
    const stub = await gatewayStub(accept);
    const asked: string[] = [];
    const result = await runOpenLoop(
      {
        ...ordersAt(stub.gateway),
        tokenFor: (customer) => {
          asked.push(customer);
          return tokenFor(customer);
        },
      },
      plan(),
    );
    expect(asked.sort()).toEqual(["c-0", "c-1", "c-2"]);
    expect(stub.seen).toHaveLength(50);
    expect(new Set(stub.seen.map((request) => request.headers["idempotency-key"])).size).toBe(50);
    for (const request of stub.seen) {
      const index = Number(/\d+$/.exec(String(request.headers["idempotency-key"]))?.[0]) - 1;
      expect(request.headers.authorization).toBe(`Bearer token-of-c-${index % 3}`);
      expect(JSON.parse(request.body)).toEqual({ items: [{ productId: "sku-mouse", quantity: 1 + index }] });
    }
    expect(stub.connections()).toBeLessThan(30);
    expect(result.orders.map((order) => order.orderId)).toEqual(
      result.orders.map((order) => `order-of-${order.idempotencyKey}`),
    );
    expect(result.orders.map((order) => order.dueAt)).toEqual(
      result.orders.map((order) => order.dueAt).sort((a, b) => a - b),
    );
    expect(result.orders.every((order) => order.outcome === "accepted" && order.status === 202)).toBe(true);
    expect(result.histogram.reduce((sum, bucket) => sum + bucket.count, 0)).toBe(50);
    expect(result.cpuSeconds).toBeGreaterThan(0);
  });

  it("does not send what is due while too much is under way, and says how much", async () => {
    const held: (() => void)[] = [];
    const stub = await gatewayStub((request, response) => {
      held.push(() => accept(request, response));
      if (held.length === 5)
        setTimeout(
          () =>
            held.forEach((release) => {
              release();
            }),
          600,
        );
    });
    const result = await runOpenLoop({ ...ordersAt(stub.gateway), tokenFor }, plan({ maxInFlight: 5 }));
    expect(result).toMatchObject({ due: 50, unsent: 45 });
    expect(result.orders).toHaveLength(5);
  });

  it.each<[string, (request: SeenRequest, response: ServerResponse) => void, object, RegExp]>([
    ["a refusal", (_, response) => refuse(response, 422), { outcome: "refused", status: 422 }, /^422$/],
    [
      "an error behind the gateway",
      (_, response) => refuse(response, 503),
      { outcome: "unknown", status: 503 },
      /^503$/,
    ],
    ["a broken connection", (_, response) => response.destroy(), { outcome: "unknown" }, /^ECONNRESET$/],
    [
      "half an answer",
      (_, response) => {
        response.writeHead(202, { "content-length": "100" }).write("{");
        setTimeout(() => response.destroy(), 20);
      },
      { outcome: "unknown" },
      /^(answer broke off: ECONNRESET|connection closed before the whole answer)$/,
    ],
    ["no answer", () => undefined, { outcome: "unknown" }, /^no answer within 200 ms$/],
  ])("tells %s from the others", async (_, answer, expected, failure) => {
    const stub = await gatewayStub(answer);
    const result = await runOpenLoop(
      { ...ordersAt(stub.gateway), tokenFor },
      plan({ ratePerSecond: 10, durationMs: 100, timeoutMs: 200 }),
    );
    expect(result.orders).toHaveLength(1);
    expect(result.orders[0]).toMatchObject(expected);
    expect("status" in expected).toBe(result.orders[0]?.status !== undefined);
    expect(result.latency.count).toBe(0);
    expect(Object.entries(result.failures)).toEqual([[expect.stringMatching(failure), 1]]);
  });

  it("without a listener knows nothing of its orders", async () => {
    const result = await runOpenLoop(
      { ...ordersAt("http://127.0.0.1:1"), tokenFor },
      plan({ ratePerSecond: 50, durationMs: 100 }),
    );
    expect(result.orders.map((order) => order.outcome)).toEqual([
      "unknown",
      "unknown",
      "unknown",
      "unknown",
      "unknown",
    ]);
  });

  it("repeats what is unknown under the same key and counts the order once, from when it was due", async () => {
    const stub = await gatewayStub(failingFirst(2, accept));
    const result = await runOpenLoop(
      { ...ordersAt(stub.gateway), tokenFor },
      plan({ ratePerSecond: 20, durationMs: 200, retry: { everyMs: 50, limitMs: 2_000 } }),
    );
    expect(result.orders).toHaveLength(4);
    expect(result.repetitions).toBe(8);
    expect(stub.seen).toHaveLength(12);
    for (const order of result.orders) {
      expect(order).toMatchObject({ outcome: "accepted", status: 202, repetitions: 2 });
      expect(order.answeredAt - order.dueAt).toBeGreaterThanOrEqual(95);
    }
  });

  it("gives up repeating after its limit", async () => {
    const stub = await gatewayStub((_, response) => refuse(response, 503));
    const result = await runOpenLoop(
      { ...ordersAt(stub.gateway), tokenFor },
      plan({ ratePerSecond: 10, durationMs: 100, retry: { everyMs: 40, limitMs: 200 } }),
    );
    expect(result.orders[0]).toMatchObject({ outcome: "unknown", status: 503 });
    expect(result.repetitions).toBeGreaterThan(1);
    expect(result.repetitions).toBeLessThanOrEqual(5);
  });

  it("takes a refusal after an unknown answer for unknown: the first request may have placed the order", async () => {
    const stub = await gatewayStub(failingFirst(1, (_, response) => refuse(response, 422)));
    const result = await runOpenLoop(
      { ...ordersAt(stub.gateway), tokenFor },
      plan({ ratePerSecond: 10, durationMs: 100, retry: { everyMs: 20, limitMs: 1_000 } }),
    );
    expect(result.orders[0]).toMatchObject({ outcome: "unknown", status: 422 });
    expect(result.repetitions).toBe(1);
  });

  it("stops sending when told to and waits for what is under way", async () => {
    const stopping = new AbortController();
    const stub = await gatewayStub((request, response) => {
      if (stub.seen.length === 5) stopping.abort();
      setTimeout(() => accept(request, response), 100);
    });
    const result = await runOpenLoop({ ...ordersAt(stub.gateway), tokenFor }, plan({ durationMs: 60_000 }), {
      signal: stopping.signal,
    });
    expect(result.due).toBeGreaterThanOrEqual(5);
    expect(result.due).toBeLessThan(50);
    expect(result.orders).toHaveLength(result.due);
    expect(result.orders.every((order) => order.outcome === "accepted")).toBe(true);
  });

  it("tells how far it is", async () => {
    const told: LoadProgress[] = [];
    const stub = await gatewayStub(accept);
    await runOpenLoop({ ...ordersAt(stub.gateway), tokenFor }, plan(), {
      onProgress: (progress) => told.push(progress),
    });
    expect(told.at(-1)).toMatchObject({
      planned: 50,
      due: 50,
      inFlight: 0,
      accepted: 50,
      refused: 0,
      unknown: 0,
      unsent: 0,
    });
  });
});
