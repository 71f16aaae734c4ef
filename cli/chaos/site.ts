/** The environment of a run: the running platform, its process control, its clock and its timeline. */
import { setTimeout as delay } from "node:timers/promises";
import type { ProcessStatus } from "../../components/provider/process/index.ts";
import type { PlatformAccess } from "../platform/platform-access.ts";
import type { InjectedRecord } from "../witness.ts";
import type { ClusterView } from "./cluster-view.ts";
import type { Expectations } from "./expectations.ts";
import type { Hands } from "./hands.ts";
import type { InstanceContract, Terrain } from "./terrain.ts";

/** The customer's view of the exposed service. */
export interface FrontDoor {
  /** Path of a cheap GET that a customer may request, for example `/orders`. */
  readonly path: string;
  /** Gauge of the exposed service: requests in progress. */
  readonly slotsMetric: string;
}

/** What a fault uses. */
export interface Site {
  readonly access: PlatformAccess;
  readonly hands: Hands;
  readonly cluster: ClusterView;
  readonly terrain: Terrain;
  readonly contracts: readonly InstanceContract[];
  /** State directory of the platform. */
  readonly stateDir: string;
  /** An access token of a customer that is valid longer than the run. */
  readonly tokenFor: (customerId: string) => Promise<string>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Adds a line to the timeline. */
  readonly note: (text: string) => void;
  /** Aborted to end the run early. */
  readonly signal: AbortSignal;
  /** Reports a record that a fault wrote on purpose. */
  readonly injected: (record: InjectedRecord) => void;
  /** Absent if the project defines none. */
  readonly frontDoor?: FrontDoor;
  /** Additional effects that the current fault must show, and its time as far as known. */
  readonly beside?: Expectations & { readonly window: { from: number; to: number } };
}

/** Waits until a moment (milliseconds since the epoch); rejects when the run is aborted. */
export async function waitUntil(site: Pick<Site, "now" | "signal">, moment: number): Promise<void> {
  const waitMs = moment - site.now();
  if (waitMs > 0) await delay(waitMs, undefined, { signal: site.signal });
  site.signal.throwIfAborted();
}

const LOOK_MS = 250;

/**
 * Polls until a value is present. A failed poll counts as "not yet", because servers are down in these runs.
 * @returns `undefined` after the timeout, or when the run is aborted.
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

/** The current state of the named processes, in that order. */
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
