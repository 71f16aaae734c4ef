/**
 * The Kafka client can throw where nobody can catch it: in the callback of a socket. Seen: while leaders move, two
 * refreshes of its metadata cross, a topic is missing, and it reads a property of nothing. By default that ends the
 * process. But what is damaged is the client alone: calls of it stay without an answer, everything else is whole. So
 * the holder of the client is told, drops it and opens another one; what was under way is repeated, as after any
 * other failure of a broker.
 */
import { pause } from "../clock.ts";

type Listener = (fault: Error) => void;

const listeners = new Set<Listener>();
/** Where the client's own code lies, in any installation. */
const CLIENT = /[\\/]node_modules[\\/]@platformatic[\\/]kafka[\\/]/;
/** Longest wait for the client, its own repetitions included, in milliseconds. */
const ANSWER_LIMIT_MS = 60_000;

/** An answer of the client that will not come any more: the client is of no use now. */
export class LostAnswer extends Error {
  override readonly name = "LostAnswer";
}

/** Calls back with each fault of a client. @returns what ends that. */
export function onClientFault(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Takes an error that nobody caught. @returns false where it is not the client's, or nobody holds a client: then it is not taken. */
export function takeClientFault(error: unknown): boolean {
  if (!(error instanceof Error) || listeners.size === 0 || !CLIENT.test(throwingLine(error))) return false;
  for (const listener of [...listeners]) listener(error);
  return true;
}

/** The first line of the stack that names a place. */
function throwingLine({ stack }: Error): string {
  return stack?.split("\n").find((line) => line.trimStart().startsWith("at ")) ?? "";
}

/** An answer of the client, or, where it will not come, an error. @throws LostAnswer after a fault of a client, or after the limit (a minute). */
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
