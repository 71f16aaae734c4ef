import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whyNoNode } from "./servers/node.ts";
import { openOrderSite } from "./servers/node/order-site.ts";
import type { OrderSite } from "./servers/node/order-site.ts";
import { DESTROY, exported, good, liveCluster, UP } from "./stack-state.ts";

const missing = await whyNoNode();
const MINUTE_MS = 60_000;

describe.skipIf(missing !== undefined)(`the stack dev on a real node${missing === undefined ? "" : ` (skipped: ${missing})`}`, () => {
  let site: OrderSite;

  beforeAll(async () => {
    site = await openOrderSite();
  }, 10 * MINUTE_MS);
  afterAll(async () => site?.close(), 5 * MINUTE_MS);

  it("comes up whole: every Deployment available, every migration done, what lives in the servers made", { timeout: 8 * MINUTE_MS }, async () => {
    good(await site.stack.pulumi(UP));
    for (const part of site.parts) await part.answered;
    const live = await liveCluster(site.node.api.client, await exported(site.stack));
    expect(live.topics.map(({ name }) => name)).toEqual(expect.arrayContaining(["order-events", "payment-events", "inventory-events", "payment-service.dlt"]));
  });

  it("leaves nothing when it is destroyed", { timeout: 5 * MINUTE_MS }, async () => {
    good(await site.stack.pulumi(DESTROY));
  });
});
