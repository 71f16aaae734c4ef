import { createServer } from "node:net";
import { localPorts, PORT_SPAN } from "../../components/local/ports.ts";

const FIRST_BASE = 18_000;
const STEP = 1_000;
const LAST_BASE = 31_000;

/**
 * A port base for a platform of the tests: none of a sample of its ports is in use.
 * @throws {Error} when every base between 18000 and 31000 is taken.
 */
export async function freePortBase(): Promise<number> {
  const bases = Array.from({ length: (LAST_BASE - FIRST_BASE) / STEP }, (_, index) => FIRST_BASE + index * STEP);
  // Two test runs at once would otherwise both try the first base first.
  const start = Math.floor(process.pid % bases.length);
  for (const base of [...bases.slice(start), ...bases.slice(0, start)]) {
    const ports = localPorts(base);
    const sample = [
      ports.postgres,
      ports.redis,
      ports.gateway,
      ports.registry,
      ports.controller(0),
      ports.brokerClient(0),
      ports.brokerInternal(0),
    ];
    if ((await Promise.all(sample.map(isFree))).every(Boolean)) return base;
  }
  throw new Error(`No ${PORT_SPAN} free ports between ${FIRST_BASE} and ${LAST_BASE}; end what holds them.`);
}

/** Whether a loopback port has no listener. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
