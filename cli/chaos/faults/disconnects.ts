/** Clients that disconnect from the gateway early, or stay connected without sending. They must not affect later clients. */
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { KitError } from "../../errors.ts";
import { readSamples, sumOf } from "../../health/service-metrics.ts";
import type { Random } from "../../load/seeded-random.ts";
import { seededRandom } from "../../load/seeded-random.ts";
import type { WitnessedFault } from "../../witness.ts";
import type { Demand, Probe } from "../expectations.ts";
import type { KitInjection } from "../schedule.ts";
import type { Site } from "../site.ts";
import { managementOf, namedProcesses } from "../site.ts";
import { runFault } from "./fault.ts";

type Storm = Extract<KitInjection, { fault: "disconnect-storm" }>;

/**
 * When the client disconnects: after half a request, right after the request, after a few milliseconds, at the first byte of
 * the answer; or not until the end.
 */
export const DEPARTURES = ["half-way", "at-once", "soon", "answered", "half-open", "slow"] as const;
type Departure = (typeof DEPARTURES)[number];

/** Each client that stays holds a connection; a few suffice. */
const STAYING: ReadonlySet<Departure> = new Set(["half-open", "slow"]);
const MOST_STAYING = 40;
/** The gateway limits each customer's requests per second. */
const CUSTOMERS = 60;
const AT_ONCE = 100;
const SOON_MS = 30;
const CONNECTION_LIMIT_MS = 5_000;
const SLOW_BYTE_MS = 500;
/** Expected latency of a gateway without leaked slots; on a busy machine the latency before the fault is the reference. */
const ANSWER_MS = 1_000;
const ANSWER_FACTOR = 4;
const NO_ANSWER_MS = 10_000;

/** The disconnections of a storm, in order; pure. */
export function departures(requests: number, random: Random): readonly Departure[] {
  let staying = 0;
  return Array.from({ length: requests }, () => {
    const drawn = DEPARTURES[Math.floor(random() * DEPARTURES.length)] ?? "at-once";
    if (!STAYING.has(drawn)) return drawn;
    staying += 1;
    return staying <= MOST_STAYING ? drawn : "at-once";
  });
}

/** A storm of requests with valid tokens whose clients do not wait for the answer. */
export async function storm(site: Site, injection: Storm, at: number): Promise<WitnessedFault> {
  const { requests, seed } = injection;
  const { frontDoor } = site;
  if (frontDoor === undefined) throw new KitError("KIT_CHAOS_FAILED", "the project names no front door");
  const door = new URL(frontDoor.path, site.access.status.endpoints.gateway);
  const tokens = await Promise.all(
    Array.from({ length: CUSTOMERS }, (_, index) => site.tokenFor(`chaos-leaver-${index}`)),
  );
  const names = site.terrain.instances
    .filter(({ service }) => service === site.terrain.exposed)
    .map(({ process }) => process);
  const metric = async (name: string): Promise<number> =>
    sumOf(await readSamples(managementOf(await namedProcesses(site, names))), name);
  let left = 0;
  let begun = 0;
  const leavers: Probe = {
    what: "senders that left before their answer was read",
    when: "during",
    read: async () => left,
    felt: (_, after) => Number(after) >= requests / 2,
  };
  // The gateway does not count requests whose client disconnected.
  const met: Probe = {
    what: "senders that left with the first byte of an answer",
    when: "during",
    read: async () => begun,
    felt: (_, after) => Number(after) > 0,
  };
  const answered: Demand = {
    what: `milliseconds until GET ${frontDoor.path} is answered with 200: at most ${ANSWER_MS}, or ${ANSWER_FACTOR} times what it took before`,
    async read() {
      const began = performance.now();
      const response = await fetch(door, {
        headers: { authorization: `Bearer ${await site.tokenFor("chaos-stayer")}` },
        signal: AbortSignal.timeout(NO_ANSWER_MS),
      });
      await response.arrayBuffer();
      return response.status === 200 ? Math.round(performance.now() - began) : `status ${response.status}`;
    },
    met: (before, after) =>
      typeof after === "number" && after <= Math.max(ANSWER_MS, ANSWER_FACTOR * (Number(before) || 0)),
    limitMs: 60_000,
  };
  const slots: Demand = {
    what: "slots of the gateway in use: hardly more than before",
    read: () => metric(frontDoor.slotsMetric),
    // The load continues and retries rejected requests, so a busy machine needs some time to catch up. A storm that leaks slots
    // would leave hundreds, permanently.
    met: (before, after) => typeof after === "number" && after <= (Number(before) || 0) + MOST_STAYING,
    limitMs: 60_000,
  };
  const staying = new AbortController();
  const stop = AbortSignal.any([staying.signal, site.signal]);
  const underWay: Promise<void>[] = [];
  return await runFault(site, {
    name: `${requests} senders that leave early`,
    at,
    lengthMs: injection.lengthMs,
    probes: [leavers, met],
    demands: [answered, slots],
    async strike() {
      const random = seededRandom(seed);
      const queue = departures(requests, random)
        .map((departure, index) => ({ departure, token: tokens[index % CUSTOMERS] ?? "" }))
        .values();
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          for (const { departure, token } of queue) {
            if (stop.aborted) return;
            const gone = leave(door, token, departure, random() * SOON_MS, stop).then((answer) => {
              left += 1;
              if (answer) begun += 1;
            });
            if (STAYING.has(departure)) underWay.push(gone);
            else await gone;
          }
        }),
      );
    },
    async heal() {
      staying.abort();
      await Promise.allSettled(underWay);
    },
  });
}

/**
 * Sends one request and disconnects as planned. Resolves when the socket is closed, with whether an answer had begun; accepts
 * any behaviour of the server.
 */
async function leave(
  { hostname, port, pathname }: URL,
  token: string,
  departure: Departure,
  soonMs: number,
  stop: AbortSignal,
): Promise<boolean> {
  const request = `GET ${pathname} HTTP/1.1\r\nhost: ${hostname}:${port}\r\nauthorization: Bearer ${token}\r\n\r\n`;
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  const closed = new Promise<boolean>((resolve) => {
    socket.once("close", () => resolve(socket.bytesRead > 0));
  });
  const destroy = (): void => {
    socket.destroy();
  };
  socket.on("error", () => undefined);
  stop.addEventListener("abort", destroy, { once: true });
  if (!STAYING.has(departure)) socket.setTimeout(CONNECTION_LIMIT_MS, destroy);
  socket.once("connect", () => {
    switch (departure) {
      case "half-way":
        return socket.write(request.slice(0, request.length / 2), () => socket.destroy());
      case "at-once":
        return socket.write(request, () => socket.destroy());
      case "soon":
        return socket.write(request, () => setTimeout(() => socket.destroy(), soonMs));
      case "answered":
        socket.once("data", () => socket.destroy());
        return socket.write(request);
      case "half-open":
        return socket.end(request.slice(0, -2));
      case "slow":
        return void drip(socket, request, stop);
    }
  });
  try {
    return await closed;
  } finally {
    stop.removeEventListener("abort", destroy);
  }
}

async function drip(socket: ReturnType<typeof connect>, text: string, stop: AbortSignal): Promise<void> {
  for (const byte of text) {
    if (socket.destroyed || stop.aborted) return;
    socket.write(byte);
    await delay(SLOW_BYTE_MS, undefined, { signal: stop }).catch(() => undefined);
  }
}
