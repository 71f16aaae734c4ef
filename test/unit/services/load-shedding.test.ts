import { once } from "node:events";
import { gather } from "@event-platform-kit/service/gather";
import type { FastifyInstance, FastifyRequest } from "fastify";
import Fastify from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import { loadLimit } from "../../../service-templates/api-gateway/src/load-limit.ts";

/** Work that goes on until it is told to end. */
function heldWork(): {
  readonly work: (items: readonly number[]) => Promise<readonly (number | Error)[]>;
  readonly batches: (readonly number[])[];
  release(): void;
} {
  const batches: (readonly number[])[] = [];
  const held: (() => void)[] = [];
  return {
    batches,
    work: (items) =>
      new Promise((resolve) => {
        batches.push(items);
        held.push(() => resolve(items.map((item) => item * 10)));
      }),
    release: () =>
      held.splice(0).forEach((end) => {
        end();
      }),
  };
}
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("gathered work", () => {
  it("goes out at once while nothing is under way, and together what came meanwhile", async () => {
    const held = heldWork();
    const call = gather({ work: held.work, atOnce: 1, clock: () => 0 });
    const first = Promise.all([1, 2].map(call));
    await settled();
    const later = [3, 4].map(call);
    await settled();
    later.push(call(5));
    held.release();
    await settled();
    held.release();
    expect(await Promise.all([first, ...later])).toEqual([[10, 20], 30, 40, 50]);
    expect(held.batches).toEqual([
      [1, 2],
      [3, 4, 5],
    ]);
  });

  it("refuses at once what is too much", async () => {
    const held = heldWork();
    const call = gather({ work: held.work, atOnce: 1, waiting: 2, clock: () => 0 });
    const first = [call(1)];
    await settled();
    first.push(call(2), call(3));
    await expect(call(4)).rejects.toMatchObject({
      problem: "unavailable",
      retryAfter: 1,
      message: "More requests wait than can be answered soon; repeat it in a moment.",
    });
    held.release();
    await settled();
    held.release();
    expect(await Promise.all(first)).toEqual([10, 20, 30]);
  });

  it("tells a refused caller what its work says", async () => {
    const held = heldWork();
    const call = gather({ work: held.work, waiting: 0, advice: "repeat it with the same key", clock: () => 0 });
    await expect(call(1)).rejects.toMatchObject({
      message: "More requests wait than can be answered soon; repeat it with the same key.",
    });
  });

  it("does nothing for those that have waited too long, and serves those behind them", async () => {
    const held = heldWork();
    let now = 0;
    const call = gather({ work: held.work, atOnce: 1, longestWaitMs: 3_000, clock: () => now });
    const first = call(1);
    await settled();
    const stale = call(2);
    stale.catch(() => undefined);
    now = 3_001;
    const fresh = call(3);
    held.release();
    await settled();
    held.release();
    await expect(stale).rejects.toMatchObject({ problem: "unavailable" });
    expect(await Promise.all([first, fresh])).toEqual([10, 30]);
    expect(held.batches).toEqual([[1], [3]]);
  });

  it("whose batch fails is done one by one, so that one bad item fails alone", async () => {
    const call = gather<number, number>({
      atOnce: 1,
      clock: () => 0,
      work: async (items) => {
        if (items.includes(13)) throw new Error("thirteen");
        return items.map((item) => item * 10);
      },
    });
    const results = await Promise.allSettled([1, 13, 2].map(call));
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  });

  it("that fails because of the circumstances fails at once for all, and is not tried one by one", async () => {
    let attempts = 0;
    const call = gather<number, number>({
      atOnce: 1,
      clock: () => 0,
      work: async () => {
        attempts += 1;
        throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
      },
    });
    const results = await Promise.allSettled([1, 2, 3].map(call));
    expect({ attempts, outcomes: results.map(({ status }) => status) }).toEqual({
      attempts: 1,
      outcomes: ["rejected", "rejected", "rejected"],
    });
  });
});

describe("the gateway's limit of load", () => {
  let app: FastifyInstance | undefined;
  afterEach(() => app?.close());

  it("refuses beyond the limit, and takes again when an answer is out or a caller has gone", async () => {
    const held: (() => void)[] = [];
    app = Fastify();
    app.addHook("preHandler", loadLimit({ pool: "test", most: 2, clock: () => 0 }).hook);
    app.setErrorHandler((error, _request, reply) => reply.code("problem" in (error as object) ? 503 : 500).send());
    app.get(
      "/",
      () =>
        new Promise((resolve) => {
          held.push(() => resolve("done"));
        }),
    );
    const url = await app.listen({ host: "127.0.0.1", port: 0 });
    const underWay = async (count: number): Promise<void> => {
      while (held.length < count) await settled();
    };

    const leaving = new AbortController();
    const first = fetch(url);
    const second = fetch(url, { signal: leaving.signal });
    await underWay(2);
    expect((await fetch(url)).status).toBe(503);

    leaving.abort();
    await second.catch(() => undefined);
    let third: Promise<Response> | undefined;
    // The server learns of the leaving a moment later.
    for (;;) {
      const attempt = fetch(url);
      const status = await Promise.race([
        attempt.then((response) => response.status),
        underWay(3).then(() => undefined),
      ]);
      if (status === undefined) {
        third = attempt;
        break;
      }
      expect(status).toBe(503);
    }
    for (const end of held) end();
    expect([(await first).status, (await third).status]).toEqual([200, 200]);
    const fourth = fetch(url);
    await underWay(4);
    held.at(-1)?.();
    expect((await fourth).status).toBe(200);
  });

  it.each(["onRequest", "preParsing", "preValidation", "preHandler"] as const)(
    "counts nobody who left during the hook %s",
    async (when) => {
      const limit = loadLimit({ pool: "test", most: 1, clock: () => 0 });
      let entered = (): void => {};
      const within = new Promise<void>((resolve) => {
        entered = resolve;
      });
      let closed = Promise.resolve();
      let handled = 0;
      const server = (app = Fastify());
      const wait = async (request: FastifyRequest): Promise<void> => {
        if (request.headers["x-leaves"] === undefined) return;
        closed = once(request.raw.socket, "close").then(() => undefined);
        entered();
        await closed;
      };
      if (when === "preParsing")
        server.addHook(when, (request, _reply, payload, done) => {
          void wait(request).then(() => done(null, payload));
        });
      else server.addHook(when, wait);
      server.addHook("preHandler", limit.hook);
      server.get("/", async () => {
        handled += 1;
        return "done";
      });
      const url = await server.listen({ host: "127.0.0.1", port: 0 });
      const leaving = new AbortController();
      const left = fetch(url, { headers: { "x-leaves": "1" }, signal: leaving.signal }).catch(() => undefined);
      await within;
      leaving.abort();
      await left;
      await closed;
      await settled();
      expect({ inUse: limit.inUse(), handled }).toEqual({ inUse: 0, handled: 0 });
      expect((await fetch(url)).status).toBe(200);
    },
  );
});
