import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeInjection } from "../../../../cli/chaos/injections.ts";
import { scenariosOf } from "../../../../cli/chaos/scenarios.ts";
import type { Schedule } from "../../../../cli/chaos/schedule.ts";
import { LEAD_MS, planChaos, shortestMs, TAIL_MS } from "../../../../cli/chaos/schedule.ts";
import { SAMPLE_TERRAIN } from "../../../../test/unit/cli/chaos/sample-terrain.ts";
import { chaos } from "../../chaos/chaos.ts";

const SCENARIOS = scenariosOf(chaos);
const OWN = SCENARIOS.filter(({ name }) => chaos.scenarios?.some((own) => own.name === name));

function plan(name: string, seed: number): Schedule {
  const found = SCENARIOS.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`there is no scenario ${name}`);
  return planChaos(found, { seed, terrain: SAMPLE_TERRAIN });
}

function plans(name: string): readonly Schedule[] {
  return Array.from({ length: 60 }, (_, seed) => plan(name, seed));
}

/** Returns the names of processes in an injection, at any depth. */
function touched(injection: object): readonly string[] {
  return ["targets", "target", "ahead", "away"].flatMap(
    (field) => (new Map(Object.entries(injection)).get(field) ?? []) as string | readonly string[],
  );
}

const SINGLE_TERRAIN = {
  ...SAMPLE_TERRAIN,
  instances: SAMPLE_TERRAIN.instances.filter(({ process }) => !/-\d+$/.test(process)),
};

describe("scenarios of the order saga", () => {
  it("are in the order in which a matrix runs them: those that need more instances come last", () => {
    expect(SCENARIOS.map(({ name }) => name)).toEqual([
      "broker-kill",
      "broker-freeze",
      "controller-kill",
      "zone-down",
      "rolling-restart",
      "service-before-commit",
      "service-after-commit",
      "service-after-publish",
      "duplicates",
      "out-of-order",
      "late-replies",
      "poison",
      "registry-down-warm",
      "registry-down-cold",
      "postgres-restart",
      "redis-lost",
      "gateway-kill",
      "two-faults",
      "two-zones-down",
      "disconnect-storm",
      "large-poison",
      "live-migration",
      "read-only-database",
      "clock-skew",
      "carrier-refuses",
      "service-freeze",
      "outage-beyond-timeout",
    ]);
    const needs = SCENARIOS.map(({ instances = 1 }) => instances);
    expect(needs).toEqual(needs.toSorted((a, b) => a - b));
  });

  it("leave load around their faults, name only processes that are there, and say in words what they do", () => {
    const known = SAMPLE_TERRAIN.instances.map(({ process }) => process);
    fc.assert(
      fc.property(fc.constantFrom(...OWN), fc.integer({ min: 0, max: 999_999_999 }), (chosen, seed) => {
        const durationMs = shortestMs(chosen) + 1_000;
        const schedule = planChaos(chosen, { seed, durationMs, terrain: SAMPLE_TERRAIN });
        expect(schedule).toEqual(planChaos(chosen, { seed, durationMs, terrain: SAMPLE_TERRAIN }));
        for (const injection of schedule.injections) {
          expect(injection.atMs).toBeGreaterThanOrEqual(LEAD_MS);
          expect(injection.atMs + injection.lengthMs).toBeLessThanOrEqual(durationMs - TAIL_MS);
          for (const name of touched(injection)) expect(known).toContain(name);
          expect(describeInjection(injection, chaos.faults)).not.toBe("");
        }
      }),
    );
  });

  it("do without a second instance where they do not say that they need it", () => {
    for (const chosen of OWN.filter(({ instances = 1 }) => instances === 1))
      for (let seed = 0; seed < 30; seed += 1) planChaos(chosen, { seed, terrain: SINGLE_TERRAIN });
    const freeze = OWN.find(({ name }) => name === "service-freeze");
    expect(() => freeze && planChaos(freeze, { seed: 1, terrain: SINGLE_TERRAIN })).toThrow(/one instance/);
  });

  it("delay payment first, then inventory, never both at once", () => {
    for (const { injections } of plans("out-of-order")) {
      const [first, second] = injections;
      expect(injections).toMatchObject([
        { fault: "delay-replies", service: "payment-service" },
        { fault: "delay-replies", service: "inventory-service" },
      ]);
      expect((first?.atMs ?? 0) + (first?.lengthMs ?? 0)).toBeLessThan(second?.atMs ?? 0);
    }
  });

  it("keep a participant away for longer than an order waits", () => {
    for (const { injections } of plans("late-replies")) expect(injections[0]?.lengthMs).toBeGreaterThan(30_000);
  });

  it("freeze one instance of a service of the saga for longer than an order waits, never the one behind the gateway", () => {
    for (const { injections } of plans("service-freeze")) {
      expect(injections).toMatchObject([{ fault: "freeze-instance" }]);
      expect(injections[0]?.lengthMs).toBeGreaterThan(30_000);
      expect(injections.flatMap(touched)).not.toContain("order-service");
    }
  });

  it("keep order-service away for longer than an order waits, while the answers to older orders come", () => {
    for (const {
      injections: [injection],
    } of plans("outage-beyond-timeout")) {
      expect(injection).toMatchObject({ fault: "answers-wait", away: ["order-service", "order-service-1"] });
      expect(injection?.lengthMs).toBeGreaterThan(30_000);
      expect(injection).toHaveProperty(
        "aheadMs",
        expect.toSatisfy((aheadMs: number) => aheadMs < 30_000),
      );
      expect(injection).toHaveProperty("ahead", expect.not.arrayContaining(["order-service", "order-service-1"]));
    }
  });
});
