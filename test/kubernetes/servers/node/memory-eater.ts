/**
 * Makes a Node process take memory without end, through its inspector, which a signal opens. Run in the process's network
 * namespace: `node memory-eater.ts PID`.
 */
import { argv } from "node:process";
import { setTimeout as pause } from "node:timers/promises";

const INSPECTOR = "http://127.0.0.1:9229/json/list";
const LIMIT_MS = 20_000;
/** Outside of V8's heap, whose own limit would end the process first. */
const EAT = "globalThis.eaten = []; setInterval(() => globalThis.eaten.push(Buffer.alloc(16 * 1024 * 1024, 1)), 20)";

process.kill(Number(argv[2]), "SIGUSR1");
const end = performance.now() + LIMIT_MS;
let url: string | undefined;
while (url === undefined) {
  if (performance.now() > end) throw new Error(`Waited ${LIMIT_MS} ms for the inspector of process ${argv[2]}.`);
  const answer = await fetch(INSPECTOR).catch(() => undefined);
  const targets: unknown = await answer?.json();
  const [first]: unknown[] = Array.isArray(targets) ? targets : [];
  if (typeof first === "object" && first !== null && "webSocketDebuggerUrl" in first)
    url = String(first.webSocketDebuggerUrl);
  else await pause(50);
}
const socket = new WebSocket(url);
await new Promise((resolve, reject) => {
  socket.addEventListener("open", resolve);
  socket.addEventListener("error", reject);
});
socket.send(JSON.stringify({ id: 1, method: "Runtime.evaluate", params: { expression: EAT } }));
// Whether an answer comes or the process has ended before: it was told.
await new Promise((resolve) => {
  socket.addEventListener("message", resolve);
  socket.addEventListener("close", resolve);
});
process.exit(0);
