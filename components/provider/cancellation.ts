const controller = new AbortController();

/** Signal that aborts when the engine is told to stop. It ends pure waits. */
export const cancelled: AbortSignal = controller.signal;

/** Ends all pure waits. */
export function cancelWaits(): void {
  controller.abort();
}
