/** Where a run works: the running platform, its hands, its clock and its diary. */
import { setTimeout as delay } from "node:timers/promises";
import type { ProcessStatus } from "../../components/provider/process/index.ts";
import type { PlatformAccess } from "../platform/platform-access.ts";
import type { InjectedRecord } from "../witness.ts";
import type { ClusterView } from "./cluster-view.ts";
import type { Expectations } from "./expectations.ts";
import type { Hands } from "./hands.ts";
import type { InstanceContract, Terrain } from "./terrain.ts";

/** How a customer meets the exposed service. */
export interface FrontDoor {
  /** Path of a GET that a customer may ask for and that is cheap, for example `/orders`. */
  readonly path: string;
  /** Gauge of the exposed service: requests that it works on. */
  readonly slotsMetric: string;
}

/** What a fault works with. */
export interface Site {
  readonly access: PlatformAccess;
  readonly hands: Hands;
  readonly cluster: ClusterView;
  readonly terrain: Terrain;
  readonly contracts: readonly InstanceContract[];
  /** State folder of the platform. */
  readonly stateDir: string;
  /** An access token of a customer; outlives the run. */
  readonly tokenFor: (customerId: string) => Promise<string>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Writes a line of the timeline. */
  readonly note: (text: string) => void;
  /** Aborted when the run is to end early. */
  readonly signal: AbortSignal;
  /** Reports a record that was written on purpose. */
  readonly injected: (record: InjectedRecord) => void;
  /** Absent where the project names none. */
  readonly frontDoor?: FrontDoor;
  /** What the fault at hand has to show beside what it says itself, and its time as far as it is known. */
  readonly beside?: Expectations & { readonly window: { from: number; to: number } };
}

/** Waits until a moment (milliseconds since the epoch); rejects when the run is to end early. */
export async function waitUntil(site: Pick<Site, "now" | "signal">, moment: number): Promise<void> {
  const waitMs = moment - site.now();
  if (waitMs > 0) await delay(waitMs, undefined, { signal: site.signal });
  site.signal.throwIfAborted();
}

const LOOK_MS = 250;

/**
 * Looks until something is there. A look that fails counts as "not yet": servers are away in these runs.
 * @returns `undefined` when the limit passed, or the run is to end early.
 */
export async function lookFor<T>(
  site: Pick<Site, "signal">,
  look: () => Promise<T | undefined>,
  limitMs: number,
): Promise<T | undefined> {
  const end = performance.now() + limitMs;
  for (;;) {
    const seen = await look().catch(() => undefined);
    if (seen !== undefined || performance.now() > end || site.signal.aborted) return seen;
    await delay(LOOK_MS);
  }
}

/** The named processes as they are now, in that order. */
export async function namedProcesses(
  site: Pick<Site, "hands">,
  names: readonly string[],
): Promise<readonly ProcessStatus[]> {
  const all = await site.hands.processes();
  return names.flatMap((name) => all.filter((process) => process.name === name));
}

/** `host:port` of a listener. */
export function listenerOf(process: Pick<ProcessStatus, "ports">, name: string): string | undefined {
  const port = process.ports.find((candidate) => candidate.name === name);
  return port === undefined ? undefined : `${port.host}:${port.port}`;
}

/** Base URLs of the management APIs of processes. */
export function managementOf(processes: readonly Pick<ProcessStatus, "ports">[]): readonly string[] {
  return processes.flatMap((process) => {
    const address = listenerOf(process, "management");
    return address === undefined ? [] : [`http://${address}`];
  });
}
