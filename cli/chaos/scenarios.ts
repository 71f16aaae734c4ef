/** The scenarios of `kit chaos` for every platform, with the faults that each may draw. */
import type { ChaosDefinition } from "./definition.ts";
import {
  clockSkew,
  disconnectStorm,
  freezeOne,
  instancesOf,
  largePoison,
  readOnlyDatabase,
  twoZonesDown,
} from "./edge-plans.ts";
import type { CrashPoint, Draw, KitInjection, Scenario } from "./schedule.ts";
import { POISON_KINDS } from "./schedule.ts";

const seconds = (count: number): number => count * 1_000;

/** Restart times of a broker on a small machine; used only to choose the moment of the first fault. */
const BROKER_TURN_MS = seconds(5);

function brokerKill(draw: Draw, atMs: number): KitInjection[] {
  return [
    {
      fault: "kill",
      of: "broker",
      atMs,
      lengthMs: draw.between(seconds(4), seconds(8)),
      targets: [draw.pick(draw.terrain.brokers, "broker").name],
    },
  ];
}

/** Longer than the 9 s after which the controller considers a silent broker dead. */
function brokerFreeze(draw: Draw, atMs: number): KitInjection[] {
  return [
    {
      fault: "freeze",
      of: "broker",
      atMs,
      lengthMs: draw.between(seconds(13), seconds(18)),
      targets: [draw.pick(draw.terrain.brokers, "broker").name],
    },
  ];
}

function controllerKill(draw: Draw, atMs: number): KitInjection[] {
  return [{ fault: "kill-active-controller", atMs, lengthMs: draw.between(seconds(4), seconds(8)) }];
}

function zoneDown(draw: Draw, atMs: number): KitInjection[] {
  const zone = draw.pick([...new Set(draw.terrain.brokers.map((broker) => broker.zone))].toSorted(), "zone");
  const targets = draw.terrain.brokers.filter((broker) => broker.zone === zone).map(({ name }) => name);
  return [{ fault: "kill", of: "zone", atMs, lengthMs: draw.between(seconds(10), seconds(16)), targets }];
}

function rollBrokers(draw: Draw, atMs: number): KitInjection[] {
  return [
    { fault: "roll-brokers", atMs, lengthMs: 0, targets: draw.shuffle(draw.terrain.brokers.map(({ name }) => name)) },
  ];
}

function crashAt(point: CrashPoint): (draw: Draw, atMs: number) => KitInjection[] {
  return (draw, atMs) => {
    const services = point === "after-publish" ? draw.terrain.publishers : draw.terrain.consumers;
    const target = draw.pick(instancesOf(draw, draw.pick(services, "service with events")), "instance");
    return [
      {
        fault: "crash-at-point",
        atMs,
        lengthMs: draw.between(seconds(1), seconds(4)),
        target,
        point,
        after: draw.between(1, 12),
      },
    ];
  };
}

function duplicates(draw: Draw, atMs: number): KitInjection[] {
  const service = draw.pick(draw.terrain.consumers, "service that consumes");
  return [
    {
      fault: "rewind-offsets",
      atMs,
      lengthMs: 0,
      service,
      targets: instancesOf(draw, service),
      records: draw.between(5, 40),
    },
  ];
}

function poison(draw: Draw, atMs: number): KitInjection[] {
  const records = draw.shuffle(POISON_KINDS).map((kind) => {
    const { topic, event } = draw.pick(draw.terrain.events, "event that is consumed");
    return { kind, topic, event };
  });
  return [{ fault: "poison", atMs, lengthMs: 0, records }];
}

function registryWarm(draw: Draw, atMs: number): KitInjection[] {
  return [
    {
      fault: "kill",
      of: "registry",
      atMs,
      lengthMs: draw.between(seconds(6), seconds(12)),
      targets: [draw.pick(draw.terrain.registry, "registry")],
    },
  ];
}

function registryCold(draw: Draw, atMs: number): KitInjection[] {
  const service = draw.pick(draw.terrain.publishers, "service that publishes");
  return [
    {
      fault: "cold-registry",
      atMs,
      lengthMs: draw.between(seconds(6), seconds(10)),
      targets: draw.terrain.registry,
      service,
      instances: instancesOf(draw, service),
    },
  ];
}

function postgresRestart(draw: Draw, atMs: number): KitInjection[] {
  return [
    {
      fault: "kill",
      of: "database",
      atMs,
      lengthMs: draw.between(seconds(1), seconds(4)),
      targets: draw.terrain.database,
    },
  ];
}

function redisLost(draw: Draw, atMs: number): KitInjection[] {
  return [
    { fault: "kill", of: "cache", atMs, lengthMs: draw.between(seconds(2), seconds(6)), targets: draw.terrain.cache },
  ];
}

/** @throws RangeError when no service is exposed. */
function exposedInstances(draw: Draw): readonly string[] {
  const { exposed } = draw.terrain;
  if (exposed === undefined) throw new RangeError("the platform has no exposed service");
  return instancesOf(draw, exposed);
}

function gatewayKill(draw: Draw, atMs: number): KitInjection[] {
  return [
    {
      fault: "kill",
      of: "gateway",
      atMs,
      lengthMs: draw.between(seconds(1), seconds(4)),
      targets: [draw.pick(exposedInstances(draw), "gateway")],
    },
  ];
}

const SINGLE: readonly Scenario[] = [
  { name: "broker-kill", summary: "SIGKILL of one broker", spanMs: seconds(8), plan: brokerKill },
  {
    name: "broker-freeze",
    summary: "SIGSTOP of one broker until the cluster takes it for dead, then SIGCONT",
    spanMs: seconds(18),
    plan: brokerFreeze,
  },
  { name: "controller-kill", summary: "SIGKILL of the active controller", spanMs: seconds(8), plan: controllerKill },
  { name: "zone-down", summary: "SIGKILL of all brokers of a zone at once", spanMs: seconds(16), plan: zoneDown },
  {
    name: "rolling-restart",
    summary: "every broker restarted, each when no partition lacks a replica",
    spanMs: 9 * BROKER_TURN_MS,
    plan: rollBrokers,
  },
  {
    name: "service-before-commit",
    summary: "a service dies after its handlers ran, before the database commits",
    spanMs: seconds(4),
    plan: crashAt("before-commit"),
  },
  {
    name: "service-after-commit",
    summary: "a service dies after the database has committed, before the offsets have",
    spanMs: seconds(4),
    plan: crashAt("after-commit"),
  },
  {
    name: "service-after-publish",
    summary: "a service dies after its events are published, before the outbox knows",
    spanMs: seconds(4),
    plan: crashAt("after-publish"),
  },
  {
    name: "duplicates",
    summary: "a group's offsets set back: it reads records again",
    spanMs: seconds(4),
    plan: duplicates,
  },
  {
    name: "poison",
    summary: "records that are not Avro, wrongly framed, of unknown and foreign schemas, without a header",
    spanMs: seconds(1),
    plan: poison,
  },
  {
    name: "registry-down-warm",
    summary: "SIGKILL of the schema registry while the services know their schemas",
    spanMs: seconds(12),
    plan: registryWarm,
  },
  {
    name: "registry-down-cold",
    summary: "the schema registry is away while a service starts",
    spanMs: seconds(10),
    plan: registryCold,
  },
  { name: "postgres-restart", summary: "SIGKILL of PostgreSQL, and back", spanMs: seconds(4), plan: postgresRestart },
  {
    name: "redis-lost",
    summary: "SIGKILL of Redis: everything in the cache is gone",
    spanMs: seconds(6),
    plan: redisLost,
  },
  { name: "gateway-kill", summary: "SIGKILL of the API gateway", spanMs: seconds(4), plan: gatewayKill },
];

/**
 * Pairs that may overlap: any two of different families. Two brokers at once could leave a partition with one replica, which
 * stops writes by design and is not the subject of any scenario.
 */
const FAMILIES: readonly (readonly ((draw: Draw, atMs: number) => KitInjection[])[])[] = [
  [brokerKill, brokerFreeze],
  [controllerKill],
  [crashAt("before-commit"), crashAt("after-commit"), crashAt("after-publish")],
  [registryWarm],
  [postgresRestart],
  [redisLost],
  [gatewayKill],
];

function twoFaults(draw: Draw, atMs: number): readonly KitInjection[] {
  const [first, second] = draw.shuffle(FAMILIES).map((family) => draw.pick(family, "fault"));
  const earlier = first?.(draw, atMs) ?? [];
  // The second begins within the first half of the first.
  const later = second?.(draw, atMs + draw.between(0, Math.floor((earlier[0]?.lengthMs ?? 0) / 2))) ?? [];
  return [...earlier, ...later];
}

/** The kit's scenarios on a project's platform: those that need more instances come last. */
function kitScenarios({ entry = [], frontDoor }: ChaosDefinition): readonly Scenario[] {
  return [
    ...SINGLE,
    {
      name: "two-faults",
      summary: "two of the above, of different kinds, at the same time",
      spanMs: seconds(27),
      plan: twoFaults,
    },
    {
      name: "two-zones-down",
      summary: "SIGKILL of the brokers of two zones: writes stop, and go on when they are back",
      spanMs: seconds(12),
      plan: twoZonesDown,
    },
    ...(frontDoor === undefined
      ? []
      : [
          {
            name: "disconnect-storm",
            summary: "thousands of customers leave before, during and after their request, or stay without a word",
            spanMs: seconds(4),
            plan: disconnectStorm,
          },
        ]),
    {
      name: "large-poison",
      summary: "wrong records of the largest size, and many at once on one partition",
      spanMs: seconds(1),
      plan: largePoison,
    },
    // These show more, or anything at all, with a second instance beside the affected one.
    {
      name: "read-only-database",
      summary: "a service's database takes no writes, as a replica after a fail-over",
      spanMs: seconds(9),
      plan: readOnlyDatabase,
      instances: 2,
    },
    {
      name: "clock-skew",
      summary: "clocks of one instance of each service minutes ahead or behind",
      spanMs: seconds(12),
      plan: (draw, atMs) => clockSkew(draw, atMs, entry),
      instances: 2,
    },
    {
      name: "service-freeze",
      summary: "SIGSTOP of one instance of a service until the others have taken over what it had",
      spanMs: seconds(38),
      plan: (draw, atMs) => freezeOne(draw, atMs, draw.terrain.consumers, entry, [seconds(33), seconds(38)]),
      instances: 2,
    },
  ];
}

/**
 * All scenarios, in the order in which `--all` runs them. Scenarios that need more instances come last, so that these are
 * started once.
 * @param project - What the project adds. @default nothing
 */
export function scenariosOf(project: ChaosDefinition = {}): readonly Scenario[] {
  const scenarios: Scenario[] = [...kitScenarios(project)];
  for (const { after, ...own } of project.scenarios ?? []) {
    const same = scenarios.findIndex(({ name }) => name === own.name);
    const behind = scenarios.findIndex(({ name }) => name === after);
    const { instances = 1 } = own;
    if (same !== -1) scenarios.splice(same, 1, own);
    else if (behind !== -1) scenarios.splice(behind + 1, 0, own);
    else scenarios.splice(scenarios.findLastIndex((other) => (other.instances ?? 1) <= instances) + 1, 0, own);
  }
  return scenarios;
}
