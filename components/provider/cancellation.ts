const controller = new AbortController();

/** Aborted when the engine is told to stop: what only waits ends then. */
export const cancelled: AbortSignal = controller.signal;

/** Ends what only waits. */
export function cancelWaits(): void {
  controller.abort();
}
