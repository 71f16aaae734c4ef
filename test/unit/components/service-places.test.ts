import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { localPorts } from "../../../components/local/ports.ts";
import { placesIn, servicePlaces } from "../../../components/substrates/local/service-places.ts";

const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,6}$/), { maxLength: 10 });

describe("places of services", () => {
  it("are given by name on a fresh machine, whatever the order in which services are read", () => {
    const places = servicePlaces(["payment-service", "api-gateway", "order-service"], new Map());
    expect([...places].toSorted(([, a], [, b]) => a - b).map(([name]) => name)).toEqual([
      "api-gateway",
      "order-service",
      "payment-service",
    ]);
  });

  it("are kept when services come and go, and never shared", () => {
    fc.assert(
      fc.property(names, names, (before, after) => {
        const kept = servicePlaces(before, new Map());
        const places = servicePlaces(after, kept);
        expect(new Set(places.values()).size).toBe(after.length);
        for (const name of after.filter((each) => kept.has(each))) expect(places.get(name)).toBe(kept.get(name));
      }),
    );
  });

  it("of services that are gone are given away last: their processes may still listen", () => {
    const kept = new Map([
      ["old-service", 0],
      ["order-service", 1],
    ]);
    expect(servicePlaces(["new-service", "order-service"], kept).get("new-service")).toBe(2);
    const full = new Map(Array.from({ length: 10 }, (_, place) => [`service-${place}`, place]));
    expect(servicePlaces(["new-service", ...[...full.keys()].slice(0, 9)], full).get("new-service")).toBe(9);
  });

  it("end with the ports of the machine", () => {
    const eleven = Array.from({ length: 11 }, (_, place) => `service-${place}`);
    expect(() => servicePlaces(eleven, new Map())).toThrow(/service-9 has no ports: .*at most 10 services/);
  });
});

describe("places in a status file", () => {
  const ports = localPorts(17_000);
  const status = (management: readonly string[]): string =>
    JSON.stringify({ endpoints: { services: { "order-service": { management } } } });

  it("follow from the first management port of each service", () => {
    const addresses = [0, 1].map((instance) => `http://127.0.0.1:${ports.serviceManagement(40 + instance)}`);
    expect(placesIn(status(addresses), ports)).toEqual(new Map([["order-service", 4]]));
  });

  it.each([
    ["no port of a place", status(["http://127.0.0.1:17505"])],
    ["another base", status(["http://127.0.0.1:27540"])],
    ["no instance", status([])],
    ["no address", status(["nowhere"])],
    ["half a file", '{"endpoints": {'],
    ["another document", "[]"],
  ])("say nothing with %s", (_, text) => {
    expect(placesIn(text, ports).size).toBe(0);
  });
});
