/** The scenarios of `kit chaos`: what each may draw. */
import {
  carrierRefuses,
  clockSkew,
  disconnectStorm,
  instancesOf,
  largePoison,
  liveMigration,
  outageBeyondTimeout,
  readOnlyDatabase,
  serviceFreeze,
  twoZonesDown,
} from "./edge-plans.ts";
import type { CrashPoint, Draw, Injection, ScenarioPlan } from "./schedule.ts";
import { POISON_KINDS } from "./schedule.ts";

/** A scenario as `kit chaos --list` shows it. */
export interface Scenario extends ScenarioPlan {
  readonly summary: string;
  /** Instances of each service that it needs at least. @default 1 */
  readonly instances?: number;
}

const seconds = (count: number): number => count * 1_000;

/** Participants of the saga that answer the order. */
const PAYMENT = "payment-service";
const INVENTORY = "inventory-service";
const GATEWAY = "api-gateway";

/** Restarts of a broker on a small machine; only the room for the moment of the first fault depends on it. */
const BROKER_TURN_MS = seconds(5);

function brokerKill(draw: Draw, atMs: number): Injection[] {
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

/** Longer than the 9 s after which the controller takes a silent broker for dead. */
function brokerFreeze(draw: Draw, atMs: number): Injection[] {
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

function controllerKill(draw: Draw, atMs: number): Injection[] {
  return [{ fault: "kill-active-controller", atMs, lengthMs: draw.between(seconds(4), seconds(8)) }];
}

function zoneDown(draw: Draw, atMs: number): Injection[] {
  const zone = draw.pick([...new Set(draw.terrain.brokers.map((broker) => broker.zone))].toSorted(), "zone");
  const targets = draw.terrain.brokers.filter((broker) => broker.zone === zone).map(({ name }) => name);
  return [{ fault: "kill", of: "zone", atMs, lengthMs: draw.between(seconds(10), seconds(16)), targets }];
}

function rollBrokers(draw: Draw, atMs: number): Injection[] {
  return [
    { fault: "roll-brokers", atMs, lengthMs: 0, targets: draw.shuffle(draw.terrain.brokers.map(({ name }) => name)) },
  ];
}

function crashAt(point: CrashPoint): (draw: Draw, atMs: number) => Injection[] {
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

function duplicates(draw: Draw, atMs: number): Injection[] {
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

function outOfOrder(draw: Draw, atMs: number): Injection[] {
  const first = draw.between(seconds(3), seconds(5));
  const second = draw.between(seconds(3), seconds(5));
  const pause = seconds(3);
  return [
    { fault: "delay-replies", atMs, lengthMs: first, service: PAYMENT, targets: instancesOf(draw, PAYMENT) },
    {
      fault: "delay-replies",
      atMs: atMs + first + pause,
      lengthMs: second,
      service: INVENTORY,
      targets: instancesOf(draw, INVENTORY),
    },
  ];
}

/** Longer than the 30 s an order waits. */
function lateReplies(draw: Draw, atMs: number): Injection[] {
  return [
    {
      fault: "miss-time-out",
      atMs,
      lengthMs: draw.between(seconds(36), seconds(42)),
      service: INVENTORY,
      targets: instancesOf(draw, INVENTORY),
    },
  ];
}

function poison(draw: Draw, atMs: number): Injection[] {
  const records = draw.shuffle(POISON_KINDS).map((kind) => {
    const { topic, event } = draw.pick(draw.terrain.events, "event that is consumed");
    return { kind, topic, event };
  });
  return [{ fault: "poison", atMs, lengthMs: 0, records }];
}

function registryWarm(draw: Draw, atMs: number): Injection[] {
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

function registryCold(draw: Draw, atMs: number): Injection[] {
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

function postgresRestart(draw: Draw, atMs: number): Injection[] {
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

function redisLost(draw: Draw, atMs: number): Injection[] {
  return [
    { fault: "kill", of: "cache", atMs, lengthMs: draw.between(seconds(2), seconds(6)), targets: draw.terrain.cache },
  ];
}

function gatewayKill(draw: Draw, atMs: number): Injection[] {
  return [
    {
      fault: "kill",
      of: "gateway",
      atMs,
      lengthMs: draw.between(seconds(1), seconds(4)),
      targets: [draw.pick(instancesOf(draw, GATEWAY), "gateway")],
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
    name: "out-of-order",
    summary: "payment frozen, then inventory: answers come in both orders",
    spanMs: seconds(13),
    plan: outOfOrder,
  },
  {
    name: "late-replies",
    summary: "inventory away for longer than an order waits: its late answers are compensated",
    spanMs: seconds(42),
    plan: lateReplies,
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
 * Pairs that may overlap: any two of different families. Two brokers at once could leave a partition
 * with one replica, which stops writes by design and is the subject of no scenario.
 */
const FAMILIES: readonly (readonly ((draw: Draw, atMs: number) => Injection[])[])[] = [
  [brokerKill, brokerFreeze],
  [controllerKill],
  [crashAt("before-commit"), crashAt("after-commit"), crashAt("after-publish")],
  [registryWarm],
  [postgresRestart],
  [redisLost],
  [gatewayKill],
];

function twoFaults(draw: Draw, atMs: number): readonly Injection[] {
  const [first, second] = draw.shuffle(FAMILIES).map((family) => draw.pick(family, "fault"));
  const earlier = first?.(draw, atMs) ?? [];
  // The second begins within the first half of the first.
  const later = second?.(draw, atMs + draw.between(0, Math.floor((earlier[0]?.lengthMs ?? 0) / 2))) ?? [];
  return [...earlier, ...later];
}

/** Those that show more, or anything at all, with another instance beside the one that is struck. */
const SEVERAL_INSTANCES: readonly Scenario[] = [
  {
    name: "read-only-database",
    summary: "a service's database takes no writes, as a replica after a fail-over",
    spanMs: seconds(9),
    plan: readOnlyDatabase,
  },
  {
    name: "clock-skew",
    summary: "clocks of one instance of each service minutes ahead or behind",
    spanMs: seconds(12),
    plan: clockSkew,
  },
  {
    name: "carrier-refuses",
    summary: "all carriers refuse every parcel: the orders are undone",
    spanMs: seconds(7),
    plan: carrierRefuses,
  },
  {
    name: "service-freeze",
    summary: "SIGSTOP of one instance of a service for longer than an order waits",
    spanMs: seconds(38),
    plan: serviceFreeze,
  },
  {
    name: "outage-beyond-timeout",
    summary: "order-service stands still for longer than an order waits, while good answers come",
    spanMs: seconds(43),
    plan: outageBeyondTimeout,
  },
].map((scenario) => ({ ...scenario, instances: 2 }));

/** All scenarios, in the order in which `--all` runs them: those that need more instances come last, so that these are started once. */
export const SCENARIOS: readonly Scenario[] = [
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
  {
    name: "disconnect-storm",
    summary: "thousands of customers leave before, during and after their request, or stay without a word",
    spanMs: seconds(4),
    plan: disconnectStorm,
  },
  {
    name: "large-poison",
    summary: "wrong records of the largest size, and many at once on one partition",
    spanMs: seconds(1),
    plan: largePoison,
  },
  {
    name: "live-migration",
    summary: "a column is widened under load, and narrowed again",
    spanMs: seconds(8),
    plan: liveMigration,
  },
  ...SEVERAL_INSTANCES,
];
