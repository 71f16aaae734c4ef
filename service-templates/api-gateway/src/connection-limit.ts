/**
 * Limits connections, because each uses memory before it sends anything. One address may have at most half of them, so
 * that it cannot keep others out. A trusted proxy may have all, because many customers use it.
 */
import type { Server, Socket } from "node:net";
import { BlockList, isIPv6 } from "node:net";
import { ServiceError } from "@event-platform-kit/service/errors";
import { Counter, Gauge, type Registry } from "prom-client";
import { addressKey } from "./bad-token-limit.ts";

export interface ConnectionLimitOptions {
  /** Most connections. */
  readonly most: number;
  /** Addresses and ranges of trusted proxies. */
  readonly trustedProxies: readonly string[];
  readonly registry: Registry;
}

/** Closes connections above the limits at once, and exports the number of open and closed ones. */
export function limitConnections(server: Server, { most, trustedProxies, registry }: ConnectionLimitOptions): void {
  const registers = [registry];
  const refused = new Counter({
    name: "gateway_connections_refused_total",
    help: "Connections closed because there were too many",
    registers,
  });
  let open = 0;
  new Gauge({
    name: "gateway_connections",
    help: "Open connections of clients",
    registers,
    collect() {
      this.set(open);
    },
  });
  new Gauge({
    name: "gateway_connections_limit",
    help: "Connections of clients that may be open at once",
    registers,
  }).set(most);

  const perAddress = Math.max(1, Math.floor(most / 2));
  const trusted = addressList(trustedProxies);
  const byAddress = new Map<string, number>();
  // Node closes connections above this number without calling the code below.
  server.maxConnections = most;
  server.on("drop", () => refused.inc());
  server.on("connection", (socket: Socket) => {
    const address = socket.remoteAddress ?? "";
    const key = addressKey(address);
    const held = (byAddress.get(key) ?? 0) + 1;
    open += 1;
    byAddress.set(key, held);
    socket.once("close", () => {
      open -= 1;
      const left = (byAddress.get(key) ?? 1) - 1;
      if (left === 0) byAddress.delete(key);
      else byAddress.set(key, left);
    });
    if (held <= perAddress || trusted.check(address, isIPv6(address) ? "ipv6" : "ipv4")) return;
    refused.inc();
    socket.destroy();
  });
}

/**
 * Returns addresses and ranges from the environment, separated by commas; throws SVC_CONFIG_INVALID with the variable
 * and the value.
 */
export function rangesSetting(env: Readonly<Record<string, string | undefined>>, name: string): readonly string[] {
  const ranges = (env[name] ?? "")
    .split(",")
    .map((range) => range.trim())
    .filter((range) => range !== "");
  try {
    addressList(ranges);
  } catch (error) {
    throw new ServiceError(
      "SVC_CONFIG_INVALID",
      `${name}=${JSON.stringify(env[name])} is not a list of addresses and ranges, for example 10.0.0.0/8,192.0.2.7`,
      { cause: error },
    );
  }
  return ranges;
}

/** Returns a list that checks whether an address is in one of the ranges; throws if a range is malformed. */
function addressList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", bits] = range.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(address, family);
    else if (/^\d{1,3}$/u.test(bits)) list.addSubnet(address, Number(bits), family);
    else throw new RangeError(range);
  }
  return list;
}
