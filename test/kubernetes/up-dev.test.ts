import { expect, it } from "vitest";
import { placesOf, writtenBy } from "./site/leaks.ts";
import { describePlatform, expectNothingLeft, MINUTE_MS } from "./site/platform-site.ts";
import {
  DESTROY,
  expectOnlySharedLeft,
  expectServersFilled,
  exported,
  good,
  secretsOf,
  summary,
  UP,
} from "./stack-state.ts";

describePlatform("dev", [], (site) => {
  it("is accepted whole, and what lives in the servers is there", { timeout: 6 * MINUTE_MS }, async () => {
    good(await site().pulumi(UP));
    for (const part of site().parts) await part.answered;
    await expectServersFilled(site().server.client, await exported(site().stack), site().registryUrl);
  });

  it("changes nothing when it is looked at again", { timeout: 3 * MINUTE_MS }, async () => {
    expect(summary(good(await site().pulumi(["preview"])))).toEqual([]);
  });

  it("rolls out another image of one service, and nothing else", { timeout: 4 * MINUTE_MS }, async () => {
    await site().stack.set([
      ["kubernetes", "workloads", "images", "digests", "shipping-service"],
      `sha256:${"5".repeat(64)}`,
    ]);
    expect(summary(good(await site().pulumi(UP))).map((line) => line.replace(/: .*$/, ""))).toEqual([
      "update Deployment services/shipping-service",
      "create-replacement Job services/shipping-service-migration",
      "delete-replaced Job services/shipping-service-migration",
      "replace Job services/shipping-service-migration",
    ]);
  });

  it("shows no secret in state, previews and output", async () => {
    const secrets = secretsOf(await exported(site().stack));
    expect(secrets.length).toBeGreaterThan(15);
    expect(secrets.filter((value) => value.length < 16)).toEqual([]);
    const written = await writtenBy(site());
    for (const value of secrets) expect(placesOf(value, written)).toEqual([]);
  });

  it("leaves nothing when it is destroyed but what all platforms of a cluster share", {
    timeout: 5 * MINUTE_MS,
  }, async () => {
    good(await site().pulumi(DESTROY));
    await expectNothingLeft(site());
    await expectOnlySharedLeft(site().server.client);
  });
});
