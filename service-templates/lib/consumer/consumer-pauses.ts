/** Which waits of a consumer are under way, for readiness, metrics and logs. */
import type { Clock } from "../clock.ts";
import type { ConsumerFault, PauseReason } from "./consumer-faults.ts";

/** One wait. */
export interface ConsumerPause extends ConsumerFault {
  /** What was wrong, for people. */
  readonly detail: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

export interface ConsumerPauses {
  /** Notes that consumption waits. @returns what ends it; calling that twice is harmless. */
  begin(fault: ConsumerFault, detail: string): () => void;
  /** The wait that counts most: one that blames the service comes before others, then the longest. */
  current(): ConsumerPause | undefined;
}

export interface PausesOptions {
  readonly clock: Clock;
  /** Told when the first wait for a reason begins, and when the last one has ended. */
  readonly onChange: (reason: PauseReason, pause: ConsumerPause | undefined) => void;
}

export function consumerPauses({ clock, onChange }: PausesOptions): ConsumerPauses {
  const running = new Set<ConsumerPause>();
  const isPaused = (reason: PauseReason): boolean => [...running].some((pause) => pause.reason === reason);

  return {
    begin(fault, detail) {
      const pause: ConsumerPause = { ...fault, detail, since: clock() };
      const first = !isPaused(fault.reason);
      running.add(pause);
      if (first) onChange(fault.reason, pause);
      return () => {
        if (running.delete(pause) && !isPaused(fault.reason)) onChange(fault.reason, undefined);
      };
    },
    // A set keeps the order in which its members came.
    current: () => [...running].find(({ blames }) => blames === "service") ?? [...running][0],
  };
}
