import { once } from "node:events";
import type { Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../../../platform/condition.ts";
import type { LoneGateway } from "./lone-gateway.ts";
import { startLoneGateway } from "./lone-gateway.ts";

const LIMIT_MS = 20_000;
const STORM = 10_000;
/** Clients of the storm at once. */
const AT_ONCE = 100;
const SLOTS = 32;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("clients that leave early", () => {
  let gateway: LoneGateway;
  let authorization: string;
  beforeAll(async () => {
    gateway = await startLoneGateway({ MAX_UNDER_WAY: String(SLOTS), RATE_LIMIT_PER_SECOND: "999999999" });
    authorization = `authorization: Bearer ${await gateway.token("cust-1")}\r\n`;
  });
  afterAll(() => gateway?.stop());

  const get = (): string => `GET /orders HTTP/1.1\r\nhost: gateway\r\n${authorization}\r\n`;
  const post = (): string =>
    `POST /orders HTTP/1.1\r\nhost: gateway\r\n${authorization}content-type: application/json\r\nidempotency-key: k\r\ncontent-length: 100\r\n\r\n`;
  async function turns(count: number): Promise<void> {
    for (let each = 0; each < count; each += 1) await turn();
  }
  async function noSlotInUse(): Promise<void> {
    await eventually(
      "every slot to be free",
      async () => {
        const inUse = await gateway.metric("gateway_slots_in_use");
        if (inUse === 0) return true;
        throw new Error(`${inUse} in use`);
      },
      LIMIT_MS,
    );
  }
  async function answers(): Promise<number> {
    return (
      await fetch(`${gateway.url}/orders`, {
        headers: { authorization: authorization.slice("authorization: ".length).trim() },
        signal: AbortSignal.timeout(LIMIT_MS),
      })
    ).status;
  }

  /** How clients leave, each at another moment of their request. */
  const departures: readonly (readonly [string, (socket: Socket, place: number) => Promise<void>])[] = [
    [
      "before anything is sent",
      async (socket) => {
        socket.destroy();
      },
    ],
    [
      "within the headers",
      async (socket) => {
        socket.write(get().slice(0, 60));
        await turn();
        socket.destroy();
      },
    ],
    [
      "right after the request",
      async (socket) => {
        socket.write(get());
        await turn();
        socket.destroy();
      },
    ],
    [
      "right after the request, with a reset",
      async (socket) => {
        socket.write(get());
        await turn();
        socket.resetAndDestroy();
      },
    ],
    [
      "some turns later, within or after any hook",
      async (socket, place) => {
        socket.write(get());
        await turns(place % 40);
        socket.destroy();
      },
    ],
    [
      "some turns later, with a reset",
      async (socket, place) => {
        socket.write(get());
        await turns(place % 40);
        socket.resetAndDestroy();
      },
    ],
    [
      "within the body",
      async (socket, place) => {
        socket.write(`${post()}{"items":`);
        await turns(place % 20);
        socket.destroy();
      },
    ],
    [
      "while the answer comes",
      async (socket) => {
        socket.write(get());
        await Promise.race([once(socket, "data"), once(socket, "close")]);
        socket.destroy();
      },
    ],
    [
      "with several requests on one connection",
      async (socket, place) => {
        socket.write(get().repeat(4));
        await turns(place % 40);
        socket.destroy();
      },
    ],
    [
      "with half a connection",
      async (socket, place) => {
        socket.end(get());
        await turns(place % 20);
        socket.destroy();
      },
    ],
  ];

  it.each(departures)("%s give their slots back", async (_when, leave) => {
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(Array.from({ length: SLOTS * 2 }, async (_, place) => leave(await gateway.connect(), place)));
    }
    await noSlotInUse();
    expect(await answers()).toBe(200);
  });

  it("while the service behind is silent give their slots back at once, and what was asked of it ends", async () => {
    gateway.answer(() => undefined);
    try {
      const sockets = await Promise.all(Array.from({ length: SLOTS }, () => gateway.connect()));
      for (const socket of sockets) socket.write(get());
      await eventually(
        "every slot to be taken",
        async () =>
          (await gateway.metric("gateway_slots_in_use")) === SLOTS && gateway.pending() === SLOTS ? true : undefined,
        LIMIT_MS,
      );
      expect(await answers()).toBe(503);
      for (const socket of sockets) socket.destroy();
      await noSlotInUse();
      expect(await gateway.metric("gateway_client_disconnects_total")).toBeGreaterThanOrEqual(SLOTS);
      await eventually(
        "the service behind to be left alone",
        () => (gateway.pending() === 0 ? true : undefined),
        LIMIT_MS,
      );
    } finally {
      gateway.answer((_request, response) => {
        response.end("{}");
      });
    }
    expect(await answers()).toBe(200);
  });

  it("with requests that wait their turn on one connection give all their slots back", async () => {
    gateway.answer(() => undefined);
    try {
      const socket = await gateway.connect();
      socket.write(get().repeat(20));
      await eventually(
        "20 slots to be taken",
        async () => ((await gateway.metric("gateway_slots_in_use")) === 20 ? true : undefined),
        LIMIT_MS,
      );
      socket.destroy();
      await noSlotInUse();
    } finally {
      gateway.answer((_request, response) => {
        response.end("{}");
      });
    }
  });

  it(`by the thousand (${STORM}) leave it answering`, async () => {
    let sent = 0;
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        while (sent < STORM) {
          const place = sent;
          sent += 1;
          const [, leave] = departures[place % departures.length] as (typeof departures)[number];
          await leave(await gateway.connect(), place);
        }
      }),
    );
    // The first answer, without a repetition.
    expect(await answers()).toBe(200);
    await noSlotInUse();
    expect((await gateway.ready()).status).toBe(200);
  }, 120_000);
});

describe("clients that stay too long", () => {
  it("lose their connection, so that others get the slot", async () => {
    const gateway = await startLoneGateway({ MAX_UNDER_WAY: "1", ANSWER_LIMIT_MS: "300" });
    try {
      // More than the kernel takes for a client that does not read.
      gateway.answer((_request, response) => {
        response.end(Buffer.alloc(32 * 1_024 * 1_024, 32));
      });
      const token = await gateway.token("cust-1");
      const slow = await gateway.connect();
      slow.pause();
      const cut = once(slow, "close");
      slow.write(`GET /orders HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer ${token}\r\n\r\n`);
      await eventually("the slot to be taken", () => (gateway.received.length === 1 ? true : undefined), LIMIT_MS);
      await eventually(
        "the slot to be free",
        async () => ((await gateway.metric("gateway_slots_in_use")) === 0 ? true : undefined),
        LIMIT_MS,
      );
      slow.resume();
      await cut;
      gateway.answer((_request, response) => {
        response.end("{}");
      });
      expect((await fetch(`${gateway.url}/orders`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(
        200,
      );
    } finally {
      await gateway.stop();
    }
  });

  it("turn readiness off when all slots have been taken for long and none comes free", async () => {
    let ahead = 0;
    const gateway = await startLoneGateway({ MAX_UNDER_WAY: "2" }, () => Date.now() + ahead);
    try {
      gateway.answer((request, response) => {
        if (request.method === "HEAD") response.end();
      });
      const token = await gateway.token("cust-1");
      const clients = await Promise.all([gateway.connect(), gateway.connect()]);
      for (const client of clients)
        client.write(`GET /orders HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer ${token}\r\n\r\n`);
      await eventually(
        "both slots to be taken",
        async () => ((await gateway.metric("gateway_slots_in_use")) === 2 ? true : undefined),
        LIMIT_MS,
      );
      expect(await gateway.metric("gateway_slots_limit")).toBe(2 + 16);
      expect((await gateway.ready()).status).toBe(200);
      ahead = 10_500;
      expect(await gateway.ready()).toMatchObject({
        status: 503,
        checks: { slots: expect.stringMatching(/^all 2 slots of orders have been in use for 1\d s$/u) },
      });
      clients[0]?.destroy();
      await eventually(
        "readiness to come back",
        async () => ((await gateway.ready()).status === 200 ? true : undefined),
        LIMIT_MS,
      );
      clients[1]?.destroy();
    } finally {
      await gateway.stop();
    }
  });
});
