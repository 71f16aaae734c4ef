import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_PORT_BASE, localPorts, PORT_SPAN } from "../../../components/local/ports.ts";

describe("localPorts", () => {
  it("gives every server and instance a port of its own within the span", () => {
    const base = fc.integer({ min: 1024, max: 65_536 - PORT_SPAN });
    fc.assert(
      fc.property(base, (first) => {
        const ports = localPorts(first);
        const ordinals = Array.from({ length: 20 }, (_, index) => index);
        const all = [
          ports.postgres,
          ports.redis,
          ports.gateway,
          ports.registry,
          ports.registryManagement,
          ports.kafkaExporter,
          ports.prometheus,
          ...[
            ports.brokerClient,
            ports.brokerInternal,
            ports.controller,
            ports.serviceHttp,
            ports.serviceManagement,
            ports.brokerMetrics,
            ports.controllerMetrics,
          ].flatMap((of) => ordinals.map(of)),
        ];
        expect(new Set(all).size).toBe(all.length);
        expect(Math.min(...all)).toBeGreaterThanOrEqual(first);
        expect(Math.max(...all)).toBeLessThan(first + PORT_SPAN);
      }),
    );
  });

  it.each([1023, 65_000, 17_000.5, Number.NaN])("refuses base %d and says what fits", (base) => {
    expect(() => localPorts(base)).toThrow(/local\.portBase is .* must be a whole number from 1024 to 64736/);
  });

  it("refuses an instance that would run into the next block", () => {
    expect(() => localPorts(DEFAULT_PORT_BASE).serviceHttp(100)).toThrow(/Service instance 100 has no port/);
  });
});
