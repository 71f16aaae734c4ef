/**
 * The background work with one carrier: book what waits for it, follow what it has. Each carrier has a
 * loop of its own, so a slow one holds up nothing of the other. Several instances may work at once: each
 * skips what another has.
 */
import { pause } from "../../lib/clock.ts";
import type { PassOptions } from "./booking/book-due.ts";
import { AT_ONCE, bookDue } from "./booking/book-due.ts";
import { trackDue } from "./tracking/track-due.ts";

/** Pause after a pass with work, so that the next one finds more at once, in milliseconds. */
const GATHER_MS = 250;
/** Pause after a pass without, unless it is woken, in milliseconds. */
const IDLE_MS = 1_000;

export interface CarrierDesk {
  /** There may be something to book. */
  wake(): void;
  start(): void;
  /** Finishes the pass at hand. */
  stop(): Promise<void>;
}

export function carrierDesk(options: PassOptions): CarrierDesk {
  const { context: { log }, carrier } = options;
  const stopping = new AbortController();
  let sleeping = new AbortController();
  let woken = false;
  let loop: Promise<void> | undefined;

  async function attempt(pass: (options: PassOptions) => Promise<number>, doing: string): Promise<number> {
    if (stopping.signal.aborted) return 0;
    try {
      return await pass(options);
    } catch (error) {
      log.warn({ err: error, carrier: carrier.name }, `${doing} failed; it is repeated`);
      return 0;
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      woken = false;
      const booked = await attempt(bookDue, "booking shipments");
      const tracked = await attempt(trackDue, "following shipments");
      if (booked === AT_ONCE || tracked === AT_ONCE) continue;
      if (booked + tracked > 0 || woken) {
        await pause(GATHER_MS, stopping.signal);
      } else {
        sleeping = new AbortController();
        await pause(IDLE_MS, AbortSignal.any([sleeping.signal, stopping.signal]));
      }
    }
  }

  return {
    wake() {
      woken = true;
      sleeping.abort();
    },
    start() {
      loop ??= run();
    },
    async stop() {
      stopping.abort();
      await loop;
    },
  };
}
