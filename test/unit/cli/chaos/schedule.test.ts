import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ScenarioDefinition } from "../../../../cli/chaos/definition.ts";
import { describeInjection, isKitInjection } from "../../../../cli/chaos/injections.ts";
import { scenariosOf } from "../../../../cli/chaos/scenarios.ts";
import type { KitInjection, Schedule } from "../../../../cli/chaos/schedule.ts";
import { LEAD_MS, POISON_KINDS, planChaos, plannedMs, shortestMs, TAIL_MS } from "../../../../cli/chaos/schedule.ts";
import { fewProcesses, SAMPLE_TERRAIN } from "./sample-terrain.ts";

/** The kit's scenarios on a platform with a front door whose load needs the first instance of one service. */
const SCENARIOS = scenariosOf({ entry: ["order-service"], frontDoor: { path: "/orders", slotsMetric: "slots" } });

const seeds = fc.integer({ min: 0, max: 999_999_999 });
const scenarios = fc.constantFrom(...SCENARIOS);
const extraMs = fc.integer({ min: 0, max: 600_000 });

function scenario(name: string): (typeof SCENARIOS)[number] {
  const found = SCENARIOS.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`there is no scenario ${name}`);
  return found;
}

function plan(name: string, seed: number): Schedule {
  return planChaos(scenario(name), { seed, terrain: SAMPLE_TERRAIN });
}

function plans(name: string, count = 60): readonly { readonly injections: readonly KitInjection[] }[] {
  return Array.from({ length: count }, (_, seed) => ({
    injections: plan(name, seed).injections.filter((injection) => isKitInjection(injection)),
  }));
}

/** Names of the processes an injection is about. */
function touched(injection: KitInjection): readonly string[] {
  const targets = "targets" in injection ? injection.targets : [];
  return [
    ...targets,
    ...("target" in injection ? [injection.target] : []),
    ...("instances" in injection ? injection.instances : []),
    ...("clocks" in injection ? injection.clocks.map(({ target }) => target) : []),
  ];
}

describe("schedules", () => {
  it("are the same for the same seed, and depend on the seed", () => {
    fc.assert(
      fc.property(scenarios, seeds, extraMs, (chosen, seed, extra) => {
        const options = { seed, durationMs: shortestMs(chosen) + extra, terrain: SAMPLE_TERRAIN };
        expect(planChaos(chosen, options)).toEqual(planChaos(chosen, structuredClone(options)));
      }),
    );
    for (const { name } of SCENARIOS)
      expect(new Set(plans(name, 20).map(({ injections }) => JSON.stringify(injections))).size, name).toBeGreaterThan(
        1,
      );
  });

  it("leave load before the first fault and after the last, and are in the order of time", () => {
    fc.assert(
      fc.property(scenarios, seeds, extraMs, (chosen, seed, extra) => {
        const durationMs = shortestMs(chosen) + extra;
        const { injections } = planChaos(chosen, { seed, durationMs, terrain: SAMPLE_TERRAIN });
        expect(injections.length).toBeGreaterThan(0);
        for (const { atMs, lengthMs } of injections) {
          expect(Number.isInteger(atMs) && Number.isInteger(lengthMs) && lengthMs >= 0).toBe(true);
          expect(atMs).toBeGreaterThanOrEqual(LEAD_MS);
          expect(atMs + lengthMs).toBeLessThanOrEqual(durationMs - TAIL_MS);
        }
        expect(injections.map(({ atMs }) => atMs)).toEqual(
          injections.map(({ atMs }) => atMs).toSorted((a, b) => a - b),
        );
      }),
    );
  });

  it("name only processes that are there, and say in words what they do", () => {
    const known = new Set([
      ...SAMPLE_TERRAIN.brokers.map(({ name }) => name),
      ...SAMPLE_TERRAIN.instances.map(({ process }) => process),
      ...SAMPLE_TERRAIN.registry,
      ...SAMPLE_TERRAIN.database,
      ...SAMPLE_TERRAIN.cache,
    ]);
    fc.assert(
      fc.property(scenarios, seeds, (chosen, seed) => {
        for (const injection of planChaos(chosen, { seed, terrain: SAMPLE_TERRAIN }).injections) {
          if (!isKitInjection(injection)) throw new Error(`${injection.fault} is none of the kit's`);
          for (const name of touched(injection)) expect(known).toContain(name);
          expect(describeInjection(injection)).not.toBe("");
        }
      }),
    );
  });

  it("do not fit into less than they need", () => {
    const zoneDown = scenario("zone-down");
    expect(() =>
      planChaos(zoneDown, { seed: 1, durationMs: shortestMs(zoneDown) - 1, terrain: SAMPLE_TERRAIN }),
    ).toThrow(/zone-down takes at least 26 s/);
  });

  it("say how long the load is to run", () => {
    for (const chosen of SCENARIOS)
      expect(planChaos(chosen, { seed: 1, terrain: SAMPLE_TERRAIN }).durationMs).toBe(plannedMs(chosen));
  });

  it("refuse a platform that has nothing to hit", () => {
    expect(() => planChaos(scenario("broker-kill"), { seed: 1, terrain: fewProcesses })).toThrow(/no broker/);
    expect(() => planChaos(scenario("gateway-kill"), { seed: 1, terrain: fewProcesses })).toThrow(/no exposed service/);
  });
});

describe("scenarios", () => {
  it("have names of their own", () => {
    const names = SCENARIOS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it("reach every broker in time", () => {
    const hit = new Set(plans("broker-kill", 300).flatMap(({ injections }) => injections.flatMap(touched)));
    expect(hit).toEqual(new Set(SAMPLE_TERRAIN.brokers.map(({ name }) => name)));
  });

  it("freeze a broker for longer than the cluster waits for it", () => {
    for (const { injections } of plans("broker-freeze"))
      for (const { lengthMs } of injections) expect(lengthMs).toBeGreaterThan(9_000);
  });

  it("take a whole zone and nothing else", () => {
    for (const { injections } of plans("zone-down")) {
      const zones = SAMPLE_TERRAIN.brokers
        .filter(({ name }) => injections.some((injection) => touched(injection).includes(name)))
        .map(({ zone }) => zone);
      expect(zones).toHaveLength(3);
      expect(new Set(zones).size).toBe(1);
    }
  });

  it("roll over every broker exactly once", () => {
    for (const { injections } of plans("rolling-restart", 20)) {
      expect(injections.flatMap(touched).toSorted()).toEqual(SAMPLE_TERRAIN.brokers.map(({ name }) => name).toSorted());
    }
  });

  it.each([
    ["service-before-commit", "before-commit"],
    ["service-after-commit", "after-commit"],
    ["service-after-publish", "after-publish"],
  ])("%s crashes at %s, in services that pass there", (name, point) => {
    const passing = point === "after-publish" ? SAMPLE_TERRAIN.publishers : SAMPLE_TERRAIN.consumers;
    for (const { injections } of plans(name)) {
      expect(injections).toHaveLength(1);
      const [injection] = injections;
      expect(injection).toMatchObject({ fault: "crash-at-point", point });
      const service = SAMPLE_TERRAIN.instances.find(
        ({ process }) => injection?.fault === "crash-at-point" && process === injection.target,
      )?.service;
      expect(passing).toContain(service);
    }
  });

  it("stop all instances of the group that reads again", () => {
    for (const { injections } of plans("duplicates")) {
      const [injection] = injections;
      if (injection?.fault !== "rewind-offsets") throw new Error("not a rewind");
      expect(injection.targets).toEqual(
        SAMPLE_TERRAIN.instances.filter(({ service }) => service === injection.service).map(({ process }) => process),
      );
      expect(injection.records).toBeGreaterThan(0);
    }
  });

  it("write every kind of wrong record, into topics where somebody consumes the event", () => {
    for (const { injections } of plans("poison")) {
      const records = injections.flatMap((injection) => (injection.fault === "poison" ? injection.records : []));
      expect(records.map(({ kind }) => kind).toSorted()).toEqual([...POISON_KINDS].toSorted());
      for (const { topic, event } of records)
        expect(SAMPLE_TERRAIN.events.some((candidate) => candidate.topic === topic && candidate.event === event)).toBe(
          true,
        );
    }
  });

  const SINGLE_TERRAIN = {
    ...SAMPLE_TERRAIN,
    instances: SAMPLE_TERRAIN.instances.filter(({ process }) => !/-\d+$/.test(process)),
  };

  it("that need several instances come last, so that these are started once", () => {
    const needs = SCENARIOS.map(({ instances = 1 }) => instances);
    expect(needs).toEqual(needs.toSorted((a, b) => a - b));
    expect(needs.filter((count) => count > 1).length).toBeGreaterThanOrEqual(3);
  });

  it("do without a second instance where they do not say that they need it", () => {
    for (const chosen of SCENARIOS.filter(({ instances = 1 }) => instances === 1)) {
      for (let seed = 0; seed < 30; seed += 1) planChaos(chosen, { seed, terrain: SINGLE_TERRAIN });
    }
    expect(() => planChaos(scenario("service-freeze"), { seed: 1, terrain: SINGLE_TERRAIN })).toThrow(/one instance/);
  });

  it("freeze one instance of several for longer than the others take over, never the one that the load needs", () => {
    for (const { injections } of plans("service-freeze")) {
      expect(injections).toMatchObject([{ fault: "freeze-instance" }]);
      expect(injections[0]?.lengthMs).toBeGreaterThan(30_000);
      expect(injections.flatMap(touched)).not.toContain("order-service");
    }
  });

  it("take two zones of three and spare every broker of the third", () => {
    for (const { injections } of plans("two-zones-down")) {
      const hit = injections.flatMap(touched);
      const zones = new Set(SAMPLE_TERRAIN.brokers.filter(({ name }) => hit.includes(name)).map(({ zone }) => zone));
      expect(hit).toHaveLength(6);
      expect(zones.size).toBe(2);
    }
  });

  it("set clocks wrong by minutes in both directions, never the one that tokens are checked with at the front", () => {
    const offsets = plans("clock-skew").flatMap(({ injections }) =>
      injections.flatMap((injection) => (injection.fault === "clock-skew" ? injection.clocks : [])),
    );
    for (const { target, offsetMs } of offsets) {
      expect(Math.abs(offsetMs)).toBeGreaterThanOrEqual(60_000);
      expect(["api-gateway", "order-service"]).not.toContain(target);
    }
    expect(offsets.some(({ offsetMs }) => offsetMs > 0) && offsets.some(({ offsetMs }) => offsetMs < 0)).toBe(true);
  });

  it("overlap two faults of different kinds, never two brokers", () => {
    const pairs = new Set<string>();
    for (const { injections } of plans("two-faults", 200)) {
      const [first, second] = injections;
      if (first === undefined || second === undefined) throw new Error("not two faults");
      expect(second.atMs).toBeLessThanOrEqual(first.atMs + first.lengthMs);
      expect(
        injections.filter((injection) => touched(injection).some((name) => name.startsWith("kafka-broker"))),
      ).not.toHaveLength(2);
      expect(touched(first).some((name) => touched(second).includes(name))).toBe(false);
      pairs.add(
        injections
          .map(({ fault }) => fault)
          .toSorted()
          .join(" + "),
      );
    }
    expect(pairs.size).toBeGreaterThan(4);
  });
});

describe("scenarios of a project", () => {
  const own = { summary: "", spanMs: 1, plan: () => [{ fault: "flood", atMs: 4_000, lengthMs: 1 }] };
  const namesOf = (...scenarios: readonly ScenarioDefinition[]): readonly string[] =>
    scenariosOf({ scenarios }).map(({ name }) => name);

  it("stand behind the one that they name, else behind all that need as many instances", () => {
    const kit = namesOf();
    const at = (name: string, names: readonly string[]): string | undefined => names[names.indexOf(name) - 1];
    const names = namesOf(
      { ...own, name: "flood" },
      { ...own, name: "drought", after: "duplicates" },
      { ...own, name: "famine", after: "drought" },
      { ...own, name: "plague", instances: 2 },
    );
    expect(at("flood", names)).toBe("large-poison");
    expect(at("drought", names)).toBe("duplicates");
    expect(at("famine", names)).toBe("drought");
    expect(names.at(-1)).toBe("plague");
    expect(names.filter((name) => kit.includes(name))).toEqual(kit);
  });

  it("stand in the place of the kit's of the same name", () => {
    const replaced = { ...own, name: "broker-kill" };
    expect(scenariosOf({ scenarios: [replaced] })[0]).toEqual(replaced);
    expect(namesOf(replaced)).toEqual(namesOf());
  });

  it("say in words what the project's faults do, and refuse one that nobody has", () => {
    const schedule = planChaos({ ...own, name: "flood" }, { seed: 1, terrain: fewProcesses });
    const flood = {
      name: "flood",
      describe: ({ lengthMs }: { readonly lengthMs: number }) => `water for ${lengthMs} ms`,
      perform: () => Promise.reject(new Error("not here")),
    };
    expect(schedule.injections.map((injection) => describeInjection(injection, [flood]))).toEqual(["water for 1 ms"]);
    expect(() => schedule.injections.map((injection) => describeInjection(injection))).toThrow(/the fault flood/);
  });

  it("are not about customers who leave where the project names no front door", () => {
    expect(namesOf()).not.toContain("disconnect-storm");
    expect(SCENARIOS.map(({ name }) => name)).toContain("disconnect-storm");
  });
});
