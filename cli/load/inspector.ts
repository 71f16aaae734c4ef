/**
 * A processor profile of a running Node process. SIGUSR1 makes Node open its inspector on loopback. The process needs no
 * preparation, and the inspector is closed again afterwards.
 */
import { setTimeout as pause } from "node:timers/promises";
import { KitError } from "../errors.ts";
import type { CpuProfile } from "./cpu-profile.ts";

/** Node's default port for the inspector. */
const INSPECTOR_PORT = 9229;
const OPEN_LIMIT_MS = 5_000;
const ANSWER_LIMIT_MS = 30_000;
/** A finer interval than V8's default of 1 ms would cost more than it shows. */
const SAMPLING_INTERVAL_US = 1_000;

/**
 * Profiles a process for some time.
 * @param pid - Of a Node process; other programs may react to SIGUSR1 differently.
 * @throws KitError `KIT_BENCH_FAILED` when the inspector does not open, or another process uses its port.
 */
export async function profileProcess(pid: number, durationMs: number): Promise<CpuProfile> {
  process.kill(pid, "SIGUSR1");
  const session = await connect(await inspectorUrl(pid));
  try {
    const seen = await session.call("Runtime.evaluate", { expression: "process.pid" });
    if (resultValue(seen) !== pid)
      throw new KitError(
        "KIT_BENCH_FAILED",
        `the inspector on port ${INSPECTOR_PORT} belongs to process ${String(resultValue(seen))}, not to ${pid}`,
      );
    await session.call("Profiler.enable");
    await session.call("Profiler.setSamplingInterval", { interval: SAMPLING_INTERVAL_US });
    await session.call("Profiler.start");
    await pause(durationMs);
    const { profile } = await session.call("Profiler.stop");
    if (!isProfile(profile)) throw new KitError("KIT_BENCH_FAILED", `process ${pid} gave no profile`);
    await session.call("Profiler.disable");
    // Later, because closing waits until this connection ends.
    await session.call("Runtime.evaluate", {
      expression: "setTimeout(() => process.getBuiltinModule('node:inspector').close(), 200); 0",
    });
    return profile;
  } finally {
    session.close();
  }
}

async function inspectorUrl(pid: number): Promise<string> {
  const end = performance.now() + OPEN_LIMIT_MS;
  for (;;) {
    const targets: unknown = await fetch(`http://127.0.0.1:${INSPECTOR_PORT}/json/list`, {
      signal: AbortSignal.timeout(1_000),
    }).then(
      (response) => response.json(),
      () => undefined,
    );
    const [first]: unknown[] = Array.isArray(targets) ? targets : [];
    if (
      typeof first === "object" &&
      first !== null &&
      "webSocketDebuggerUrl" in first &&
      typeof first.webSocketDebuggerUrl === "string"
    )
      return first.webSocketDebuggerUrl;
    if (performance.now() > end)
      throw new KitError(
        "KIT_BENCH_FAILED",
        `process ${pid} did not open its inspector on port ${INSPECTOR_PORT} within ${OPEN_LIMIT_MS} ms after SIGUSR1`,
      );
    await pause(50);
  }
}

interface Session {
  call(method: string, params?: object): Promise<Readonly<Record<string, unknown>>>;
  close(): void;
}

async function connect(url: string): Promise<Session> {
  const socket = new WebSocket(url);
  const waiting = new Map<number, (message: Readonly<Record<string, unknown>>) => void>();
  const closed = new AbortController();
  let last = 0;
  socket.addEventListener("message", ({ data }) => {
    const message: unknown = JSON.parse(String(data));
    if (!isRecord(message) || typeof message.id !== "number") return;
    waiting.get(message.id)?.(message);
    waiting.delete(message.id);
  });
  socket.addEventListener("close", () => closed.abort());
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve(), { once: true });
    socket.addEventListener(
      "error",
      () => reject(new KitError("KIT_BENCH_FAILED", `the inspector at ${url} refused the connection`)),
      { once: true },
    );
  });
  return {
    call: (method, params = {}) =>
      new Promise((resolve, reject) => {
        const id = (last += 1);
        const give = (words: string): void =>
          reject(new KitError("KIT_BENCH_FAILED", `the inspector ${words} (${method})`));
        const limit = setTimeout(() => give(`did not answer within ${ANSWER_LIMIT_MS} ms`), ANSWER_LIMIT_MS);
        const onClosed = (): void => {
          clearTimeout(limit);
          give("closed its connection");
        };
        closed.signal.addEventListener("abort", onClosed, { once: true });
        waiting.set(id, (message) => {
          clearTimeout(limit);
          closed.signal.removeEventListener("abort", onClosed);
          const { result, error } = message;
          if (isRecord(result)) resolve(result);
          else give(`answered ${JSON.stringify(error)}`);
        });
        socket.send(JSON.stringify({ id, method, params }));
      }),
    close: () => socket.close(),
  };
}

function resultValue(answer: Readonly<Record<string, unknown>>): unknown {
  const { result } = answer;
  return isRecord(result) ? result.value : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isProfile(value: unknown): value is CpuProfile {
  return (
    isRecord(value) && Array.isArray(value.nodes) && Array.isArray(value.samples) && Array.isArray(value.timeDeltas)
  );
}
