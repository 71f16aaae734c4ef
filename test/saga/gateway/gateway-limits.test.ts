import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../../platform/condition.ts";
import type { LoneGateway } from "../../unit/services/gateway/lone-gateway.ts";
import { startLoneGateway } from "../../unit/services/gateway/lone-gateway.ts";
import type { TestRedis } from "../servers/redis.ts";
import { startRedis } from "../servers/redis.ts";

const RATE = 100;
const BAD_TOKENS = 5;
const LIMIT_MS = 20_000;

describe("limits of two instances of the gateway", () => {
  let redis: TestRedis;
  let first: LoneGateway;
  let second: LoneGateway;
  let attempt = 0;
  beforeAll(async () => {
    redis = await startRedis("api-gateway", "gateway:*");
    const settings = {
      ...redis.environment,
      RATE_LIMIT_PER_SECOND: String(RATE),
      BAD_TOKENS_PER_SECOND: String(BAD_TOKENS),
      TRUSTED_PROXIES: "127.0.0.1",
    };
    first = await startLoneGateway(settings);
    second = await startLoneGateway(settings);
  });
  afterAll(async () => {
    await first?.stop();
    await second?.stop();
    await redis?.stop();
  });

  /** What each instance says is left for a customer who asks both, one after the other. */
  async function left(): Promise<readonly (number | undefined)[]> {
    attempt += 1;
    const remaining: (number | undefined)[] = [];
    for (const gateway of [first, second]) {
      const answer = await fetch(`${gateway.url}/orders`, {
        headers: { authorization: `Bearer ${await gateway.token(`cust-${attempt}`)}` },
      });
      expect(answer.status).toBe(200);
      remaining.push(Number(answer.headers.get("x-ratelimit-remaining")));
    }
    return remaining;
  }
  const bad = async (gateway: LoneGateway, address: string): Promise<number> =>
    (await fetch(`${gateway.url}/orders`, { headers: { authorization: "Bearer a.b.c", "x-forwarded-for": address } }))
      .status;
  // On a slow machine a window may end between two requests: a new customer tries again.
  const together = (): Promise<boolean> =>
    eventually(
      "a customer's requests to be counted together",
      async () => {
        const [one, two] = await left();
        if (one === RATE - 1 && two === RATE - 2) return true;
        throw new Error(`${one} and ${two} left`);
      },
      LIMIT_MS,
    );

  it("are one limit through Redis, per instance while it is away, and one again when it is back", async () => {
    await together();
    expect(await first.metric("gateway_rates_counted_alone_total")).toBe(0);
    await redis.kill();
    expect(await left()).toEqual([RATE - 1, RATE - 1]);
    expect(await second.metric("gateway_rates_counted_alone_total")).toBeGreaterThan(0);
    expect((await first.ready()).status).toBe(200);
    await redis.start();
    await together();
  });

  it("know bad tokens that an address sent to the other", async () => {
    await eventually(
      "the second instance to refuse an address after one bad token of its own",
      async () => {
        attempt += 1;
        const address = `192.0.2.${attempt}`;
        for (let each = 0; each < BAD_TOKENS; each += 1) await bad(first, address);
        const statuses = [await bad(second, address), await bad(second, address)];
        if (statuses.join() === "401,429") return true;
        throw new Error(statuses.join());
      },
      LIMIT_MS,
    );
  });
});
