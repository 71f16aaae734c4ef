import { describe, expect, it } from "vitest";
import { exposedService, surveyTerrain } from "../../../../cli/chaos/terrain.ts";
import { SAMPLE_CONTRACTS, SAMPLE_PROCESSES, SAMPLE_SERVICES, SAMPLE_TERRAIN } from "./sample-terrain.ts";

describe("terrain", () => {
  it("tells instances from services, and services that are named alike apart", () => {
    expect(
      SAMPLE_TERRAIN.instances.filter(({ service }) => service === "payment-service").map(({ process }) => process),
    ).toEqual(["payment-service", "payment-service-1"]);
    const { instances } = surveyTerrain([{ name: "order-service-archive", role: "service" }], [], ["order-service"]);
    expect(instances).toEqual([]);
  });

  it("knows which groups an event concerns", () => {
    expect(SAMPLE_TERRAIN.events).toContainEqual({
      topic: "order-events",
      event: "order.created",
      groups: ["inventory-service", "payment-service"],
    });
    expect(SAMPLE_TERRAIN.events).toContainEqual({
      topic: "order-events",
      event: "order.confirmed",
      groups: ["inventory-service"],
    });
  });

  it("does not depend on the order in which things are found", () => {
    expect(
      surveyTerrain(SAMPLE_PROCESSES.toReversed(), SAMPLE_CONTRACTS.toReversed(), SAMPLE_SERVICES, "api-gateway"),
    ).toEqual(SAMPLE_TERRAIN);
  });

  it("knows the exposed service by the platform's own address", () => {
    const services = {
      "order-service": { http: "http://127.0.0.1:17440", management: [] },
      "shop-front": { http: "http://127.0.0.1:17080", management: [] },
      "stock-service": { management: [] },
    };
    expect(exposedService({ gateway: "http://127.0.0.1:17080", services })).toBe("shop-front");
    expect(exposedService({ gateway: "http://127.0.0.1:1", services })).toBeUndefined();
    expect(exposedService({ gateway: "http://127.0.0.1:17080" })).toBeUndefined();
  });
});
