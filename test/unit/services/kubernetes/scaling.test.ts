import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { partitionBound, scalingOf } from "../../../../components/services/kubernetes/scaling.ts";
import { gatewayWorkload, orderWorkload, settingsWith } from "./sample-workload.ts";

describe("scalingOf", () => {
  it("keeps the declared replicas where nothing scales", () => {
    expect(scalingOf(orderWorkload(), settingsWith())).toEqual({ by: "none", min: 3, max: 3 });
  });

  it("takes processor use for a service that consumes nothing", () => {
    expect(scalingOf(gatewayWorkload(), settingsWith({ autoscaling: { by: "kafka-lag" } }))).toEqual({
      by: "cpu",
      min: 3,
      max: 9,
    });
  });

  it("leaves alone what is switched off", () => {
    expect(scalingOf(orderWorkload({ replicas: 0 }), settingsWith({ autoscaling: { by: "cpu" } }))).toEqual({
      by: "none",
      min: 0,
      max: 0,
    });
  });

  it.each([
    [
      "more replicas than partitions",
      orderWorkload({ replicas: 31 }),
      settingsWith(),
      /services\.order-service\.replicas is 31, but .* at most 30 partitions/,
    ],
    [
      "a maximum above the partitions",
      orderWorkload(),
      settingsWith({ autoscaling: { by: "cpu" }, services: { "order-service": { autoscaling: { maxReplicas: 31 } } } }),
      /maxReplicas is 31, .* Lower it to 30/,
    ],
    [
      "a maximum below the replicas",
      orderWorkload(),
      settingsWith({ autoscaling: { by: "cpu" }, services: { "order-service": { autoscaling: { maxReplicas: 2 } } } }),
      /maxReplicas is 2, below the 3 replicas/,
    ],
  ])("refuses %s, naming the setting and the way out", (_, workload, settings, message) => {
    expect(() => scalingOf(workload, settings)).toThrow(message);
  });

  it("never goes beyond the partitions, nor below the replicas, by itself", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 5 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 100 }),
        fc.constantFrom("none", "cpu", "kafka-lag"),
        (partitions, share, growth, by) => {
          const group = {
            name: "g",
            topics: partitions.map((count, index) => ({ name: `topic-${index}`, partitions: count })),
          };
          const bound = Math.max(...partitions);
          expect(partitionBound(group)).toBe(bound);
          const replicas = 1 + Math.floor(share * (bound - 1));
          const { min, max } = scalingOf(
            orderWorkload({ group, replicas }),
            settingsWith({ autoscaling: { by, growth } }),
          );
          expect(min).toBe(replicas);
          expect(max).toBeGreaterThanOrEqual(min);
          expect(max).toBeLessThanOrEqual(bound);
        },
      ),
    );
  });
});
