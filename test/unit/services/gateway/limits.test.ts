import { once } from "node:events";
import { Problem } from "@event-platform-kit/service/http/problem";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { addressKey, badTokenLimit } from "../../../../service-templates/api-gateway/src/bad-token-limit.ts";
import { ownCounts, sharedCounts } from "../../../../service-templates/api-gateway/src/rate-counts.ts";
import { eventually } from "../../../platform/condition.ts";
import type { LoneGateway } from "./lone-gateway.ts";
import { startLoneGateway } from "./lone-gateway.ts";

const LIMIT_MS = 20_000;

describe("counts within a window", () => {
  it("begin again when it ends, whatever comes when", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ key: fc.constantFrom("a", "b"), waitMs: fc.nat(700) }), { maxLength: 60 }),
        async (steps) => {
          let now = 0;
          const counts = ownCounts({ windowMs: 1_000, clock: () => now });
          const windows = new Map<string, { count: number; from: number }>();
          for (const { key, waitMs } of steps) {
            now += waitMs;
            const before = windows.get(key);
            const window =
              before === undefined || now >= before.from + 1_000
                ? { count: 1, from: now }
                : { count: before.count + 1, from: before.from };
            windows.set(key, window);
            expect(await counts.add(key)).toEqual({ count: window.count, leftMs: window.from + 1_000 - now });
          }
        },
      ),
    );
  });

  it("forget the keys that were not seen for longest", async () => {
    const counts = ownCounts({ windowMs: 1_000, clock: () => 0, mostKeys: 2 });
    for (const key of ["a", "b", "a", "c"]) await counts.add(key);
    expect((await counts.add("a")).count).toBe(3);
    expect((await counts.add("b")).count).toBe(1);
  });

  it("are the instance's own while the shared ones fail, which are asked again a second later", async () => {
    let now = 0;
    let asked = 0;
    let alone = 0;
    let broken = true;
    const counts = sharedCounts({
      clock: () => now,
      onAlone: () => {
        alone += 1;
      },
      own: ownCounts({ windowMs: 1_000, clock: () => now }),
      shared: {
        add: async () => {
          asked += 1;
          if (broken) throw new Error("away");
          return { count: 100, leftMs: 500 };
        },
      },
    });
    expect((await counts.add("a")).count).toBe(1);
    expect((await counts.add("a")).count).toBe(2);
    expect({ asked, alone }).toEqual({ asked: 1, alone: 2 });
    broken = false;
    now = 1_000;
    expect((await counts.add("a")).count).toBe(100);
    expect({ asked, alone }).toEqual({ asked: 2, alone: 2 });
  });
});

describe("the limit of tokens that are not valid", () => {
  const bad = async (): Promise<never> => {
    throw new Problem("unauthenticated", "no");
  };

  it("lets a burst have no more checks than the limit and those under way", async () => {
    let checks = 0;
    const limit = badTokenLimit({ most: 20, failures: ownCounts({ windowMs: 1_000, clock: () => 0 }), clock: () => 0 });
    const results = await Promise.allSettled(
      Array.from({ length: 2_000 }, () =>
        limit.check("192.0.2.1", async () => {
          checks += 1;
          await new Promise((resolve) => setImmediate(resolve));
          return await bad();
        }),
      ),
    );
    expect(checks).toBeLessThanOrEqual(20 + 8);
    const problems = results.map((result) =>
      result.status === "rejected" ? (result.reason as Problem).problem : "good",
    );
    expect(problems.filter((problem) => problem === "too-many-requests").length).toBe(2_000 - checks);
  });

  it("counts neither good tokens nor other failures, and holds for one address and one window", async () => {
    let now = 0;
    const limit = badTokenLimit({
      most: 3,
      failures: ownCounts({ windowMs: 1_000, clock: () => now }),
      clock: () => now,
    });
    for (let each = 0; each < 50; each += 1) expect(await limit.check("a", async () => "good")).toBe("good");
    for (let each = 0; each < 50; each += 1)
      await expect(
        limit.check("a", async () => {
          throw new Problem("unavailable", "no keys");
        }),
      ).rejects.toMatchObject({ problem: "unavailable" });
    for (let each = 0; each < 3; each += 1)
      await expect(limit.check("a", bad)).rejects.toMatchObject({ problem: "unauthenticated" });
    await expect(limit.check("a", async () => "good")).rejects.toMatchObject({
      problem: "too-many-requests",
      retryAfter: 1,
    });
    expect(await limit.check("b", async () => "good")).toBe("good");
    now = 1_000;
    expect(await limit.check("a", async () => "good")).toBe("good");
  });

  it.each([
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:DB8:1:2::9", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["2001:0db8:0001:0002::", "2001:db8:1:2::/64"],
    ["64:ff9b::192.0.2.1", "64:ff9b:0:0::/64"],
  ])("takes %s as the address %s", (address, key) => {
    expect(addressKey(address)).toBe(key);
  });
});

describe("the gateway's limits by address", () => {
  let gateway: LoneGateway | undefined;
  afterEach(() => gateway?.stop());

  function ask(token: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${gateway?.url ?? ""}/orders`, { headers: { authorization: `Bearer ${token}`, ...headers } });
  }
  const statuses = async (count: number, token: string, headers?: Record<string, string>): Promise<number[]> =>
    await Promise.all(Array.from({ length: count }, async () => (await ask(token, headers)).status));

  it("refuse bad tokens before they are checked, and good tokens that are known pass", async () => {
    gateway = await startLoneGateway({ BAD_TOKENS_PER_SECOND: "5" }, () => 1_800_000_000_000);
    const known = await gateway.token("cust-known");
    expect((await ask(known)).status).toBe(200);
    const answers = await statuses(100, `${await gateway.token("cust-1")}x`);
    expect(answers.filter((status) => status === 401).length).toBeLessThanOrEqual(5 + 8);
    expect(answers.filter((status) => status === 429).length).toBeGreaterThanOrEqual(100 - 5 - 8);
    const refused = await ask(await gateway.token("cust-new"));
    expect({
      status: refused.status,
      after: refused.headers.get("retry-after"),
      type: refused.headers.get("content-type"),
    }).toEqual({ status: 429, after: "1", type: expect.stringMatching(/^application\/problem\+json/u) as string });
    expect((await ask(known)).status).toBe(200);
  });

  it("believe X-Forwarded-For from a trusted proxy alone", async () => {
    const clock = (): number => 1_800_000_000_000;
    gateway = await startLoneGateway({ BAD_TOKENS_PER_SECOND: "5" }, clock);
    await statuses(60, "a.b.c", { "x-forwarded-for": "192.0.2.1" });
    expect(await statuses(1, "a.b.c", { "x-forwarded-for": "192.0.2.2" })).toEqual([429]);
    await gateway.stop();

    gateway = await startLoneGateway({ BAD_TOKENS_PER_SECOND: "5", TRUSTED_PROXIES: "127.0.0.0/8, ::1" }, clock);
    await statuses(60, "a.b.c", { "x-forwarded-for": "192.0.2.1" });
    expect(await statuses(1, "a.b.c", { "x-forwarded-for": "192.0.2.1" })).toEqual([429]);
    expect(await statuses(1, "a.b.c", { "x-forwarded-for": "192.0.2.2" })).toEqual([401]);
    // What the customer wrote before the proxy added its address counts for nothing.
    expect(await statuses(1, "a.b.c", { "x-forwarded-for": "198.51.100.9, 192.0.2.1" })).toEqual([429]);
  });

  it.each(["proxy.example.com", "10.0.0.0/33", "10.0.0.0/", "300.1.1.1"])(
    "want addresses of proxies, not %s",
    async (value) => {
      await expect(startLoneGateway({ TRUSTED_PROXIES: value })).rejects.toThrow(
        `TRUSTED_PROXIES="${value}" is not a list of addresses and ranges`,
      );
    },
  );

  it("let no address have more than half of the connections, nobody more than all", async () => {
    gateway = await startLoneGateway({ MAX_CONNECTIONS: "8" });
    const kept = await Promise.all(Array.from({ length: 4 }, () => gateway?.connect()));
    await eventually(
      "four connections",
      async () => ((await gateway?.metric("gateway_connections")) === 4 ? true : undefined),
      LIMIT_MS,
    );
    const fifth = await gateway.connect();
    await once(fifth, "close");
    expect(await gateway.metric("gateway_connections_refused_total")).toBe(1);
    kept[0]?.destroy();
    await eventually(
      "three connections",
      async () => ((await gateway?.metric("gateway_connections")) === 3 ? true : undefined),
      LIMIT_MS,
    );
    expect((await ask(await gateway.token("cust-1"))).status).toBe(200);
    for (const socket of kept) socket?.destroy();
    await gateway.stop();

    gateway = await startLoneGateway({ MAX_CONNECTIONS: "8", TRUSTED_PROXIES: "127.0.0.1" });
    const all = await Promise.all(Array.from({ length: 8 }, () => gateway?.connect()));
    await eventually(
      "eight connections",
      async () => ((await gateway?.metric("gateway_connections")) === 8 ? true : undefined),
      LIMIT_MS,
    );
    const ninth = await gateway.connect();
    await once(ninth, "close");
    expect(await gateway.metric("gateway_connections")).toBe(8);
    for (const socket of all) socket?.destroy();
  });
});
