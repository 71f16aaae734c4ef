/**
 * Faults of the Kafka client. The client can throw where no code can catch it: in a socket's callback. Observed: while
 * leaders move, two metadata refreshes overlap, a topic is missing, and the client reads a property of undefined. By
 * default that ends the process. However, only the client is damaged: its calls never resolve, everything else still
 * works. So the owner of the client is notified, drops it and opens a new one. Calls in progress are retried, as after
 * any other broker failure.
 */
import { pause } from "../clock.ts";

type Listener = (fault: Error) => void;

const listeners = new Set<Listener>();
/** Path of the client's own code, in any installation. */
const CLIENT = /[\\/]node_modules[\\/]@platformatic[\\/]kafka[\\/]/;
/** Longest wait for the client, including its own retries, in milliseconds. */
const ANSWER_LIMIT_MS = 60_000;

/** A response of the client that will never arrive. The client is unusable. */
export class LostAnswer extends Error {
  override readonly name = "LostAnswer";
}

/** Calls the listener with each fault of a client. @returns the function that removes the listener. */
export function onClientFault(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * Handles an uncaught error. @returns false if the client did not throw it, or if no client is open: then the error is
 * not handled.
 */
export function takeClientFault(error: unknown): boolean {
  if (!(error instanceof Error) || listeners.size === 0 || !CLIENT.test(throwingLine(error))) return false;
  for (const listener of [...listeners]) listener(error);
  return true;
}

/** Returns the first line of the stack that names a location. */
function throwingLine({ stack }: Error): string {
  return stack?.split("\n").find((line) => line.trimStart().startsWith("at ")) ?? "";
}

/** Returns the client's response. @throws LostAnswer after a fault of a client, or after the limit (a minute). */
export async function answered<T>(answer: Promise<T>, doing: string, limitMs = ANSWER_LIMIT_MS): Promise<T> {
  const settled = new AbortController();
  let stopListening = (): void => undefined;
  const fault = new Promise<never>((_resolve, reject) => {
    stopListening = onClientFault((cause) =>
      reject(new LostAnswer(`the Kafka client failed while ${doing}`, { cause })),
    );
  });
  const late = pause(limitMs, settled.signal).then(() => {
    if (!settled.signal.aborted)
      throw new LostAnswer(`${doing}: no answer of the Kafka client within ${limitMs / 1_000} s`);
    return answer;
  });
  try {
    return await Promise.race([answer, fault, late]);
  } finally {
    settled.abort();
    stopListening();
  }
}
