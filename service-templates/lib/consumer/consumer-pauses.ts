/** Tracks the current pauses of a consumer, for readiness, metrics and logs. */
import type { Clock } from "../clock.ts";
import type { ConsumerFault, PauseReason } from "./consumer-faults.ts";

/** One pause. */
export interface ConsumerPause extends ConsumerFault {
  /** Description of the fault, for operators. */
  readonly detail: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

export interface ConsumerPauses {
  /** Records that consumption pauses. @returns the function that ends the pause; calling it twice is harmless. */
  begin(fault: ConsumerFault, detail: string): () => void;
  /** Returns the most important pause: first the pauses that blame the service, then the longest. */
  current(): ConsumerPause | undefined;
}

export interface PausesOptions {
  readonly clock: Clock;
  /** Called when the first pause for a reason begins, and when the last one has ended. */
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
    // A set keeps the order of insertion.
    current: () => [...running].find(({ blames }) => blames === "service") ?? [...running][0],
  };
}
