/**
 * The way in and out of a node's namespaces, run inside them: sockets with a path pass between network namespaces.
 *
 *     node tunnel.ts ENTRANCE '[{"port": 6443, "exit": "/path/of/socket"}, …]'
 *
 * ENTRANCE takes connections from outside; their first line names the host and port to dial inside. What dials a
 * listed port on the node, by its own address or loopback, comes out at the socket `exit`.
 */

import type { Socket } from "node:net";
import { createConnection, createServer } from "node:net";
import { argv } from "node:process";

/** The node's address, which pods can reach. */
const ADDRESSES = ["127.0.0.1", "10.77.0.1"] as const;

const [entrance = "", list = "[]"] = argv.slice(2);
const exits: unknown = JSON.parse(list);

function join(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on("error", () => to.destroy());
    from.on("close", () => to.end());
    from.pipe(to);
  }
}

createServer({ allowHalfOpen: true }, (incoming) => {
  incoming.once("error", () => incoming.destroy());
  incoming.once("data", (first: Buffer) => {
    incoming.pause();
    const end = first.indexOf("\n");
    const [host = "", port = ""] = first.subarray(0, end).toString("utf8").split(" ");
    if (end + 1 < first.length) incoming.unshift(first.subarray(end + 1));
    join(incoming, createConnection({ host, port: Number(port), allowHalfOpen: true }));
  });
}).listen(entrance);

for (const { port, exit } of Array.isArray(exits) ? exits : []) {
  for (const host of ADDRESSES)
    createServer({ allowHalfOpen: true }, (incoming) =>
      join(incoming, createConnection({ path: String(exit), allowHalfOpen: true })),
    ).listen(Number(port), host);
}
