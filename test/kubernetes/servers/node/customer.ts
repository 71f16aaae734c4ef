/** A customer of the stack on a node: orders at the gateway's Service, as anybody inside the cluster could. */
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { importPKCS8, SignJWT } from "jose";
import * as z from "zod";
import { TOKEN_AUDIENCE, TOKEN_ISSUER } from "../../../../components/services/token-issuer.ts";
import type { Exported } from "../../stack-state.ts";
import { plain } from "../../stack-state.ts";
import type { ClusterNode } from "../node.ts";

/** What became of one attempt to place an order. */
export interface Attempt {
  /** When it began, in milliseconds since the load did. */
  readonly atMs: number;
  readonly elapsedMs: number;
  /** Present when it was accepted. */
  readonly orderId?: string;
  /** What was answered instead, or why nothing was. */
  readonly failure?: string;
}

/** A customer who is signed in. */
export interface NodeCustomer {
  /** Places one order; never repeats it. */
  place(): Promise<Pick<Attempt, "orderId" | "failure">>;
  /** The order's status now: `pending`, `confirmed`, `cancelled`. */
  status(orderId: string): Promise<string>;
  /** Places so many orders a second until it is told to stop, whatever becomes of them. */
  placeSteadily(perSecond: number): { stop(): Promise<readonly Attempt[]> };
}

const GATEWAY = "http://api-gateway.services.svc.cluster.local:8080";
const ORDER = {
  items: [{ productId: "sku-keyboard", quantity: 1 }],
  currency: "USD",
  shippingAddress: "1 Market Street, San Francisco",
};
const accepted = z.object({ orderId: z.string() });
const shown = z.object({ status: z.string() });
const keyOf = z.object({ kid: z.string() });

/** Signs a customer in with the key of the stack's own token issuer. */
export async function nodeCustomer(
  node: ClusterNode,
  { deployment }: Exported,
  subject: string,
): Promise<NodeCustomer> {
  const issuer = deployment.resources.find(
    ({ type, urn }) => type === "kit:index:Certificate" && urn.endsWith("::token-issuer"),
  )?.outputs;
  const { kid } = keyOf.parse(JSON.parse(plain(issuer?.publicJwk)));
  const token = await new SignJWT({})
    .setProtectedHeader({ alg: "ES256", kid })
    .setIssuer(TOKEN_ISSUER)
    .setAudience(TOKEN_AUDIENCE)
    .setSubject(subject)
    .setIssuedAt()
    .setExpirationTime("1h")
    .sign(await importPKCS8(plain(issuer?.privateKeyPem), "ES256"));
  const authorization = `Bearer ${token}`;

  const place: NodeCustomer["place"] = async () => {
    try {
      const { status, body } = await node.fetch(`${GATEWAY}/orders`, {
        method: "POST",
        body: JSON.stringify(ORDER),
        headers: { authorization, "content-type": "application/json", "idempotency-key": randomUUID() },
      });
      return status === 202
        ? { orderId: accepted.parse(JSON.parse(body)).orderId }
        : { failure: `${status} ${body.slice(0, 300)}` };
    } catch (error) {
      return { failure: error instanceof Error ? error.message : String(error) };
    }
  };
  return {
    place,
    status: async (orderId) => {
      const { status, body } = await node.fetch(`${GATEWAY}/orders/${orderId}`, { headers: { authorization } });
      if (status !== 200) throw new Error(`GET /orders/${orderId}: ${status} ${body}`);
      return shown.parse(JSON.parse(body)).status;
    },
    placeSteadily: (perSecond) => {
      const started = performance.now();
      const attempts: Promise<Attempt>[] = [];
      const attempt = async (): Promise<Attempt> => {
        const atMs = Math.round(performance.now() - started);
        const outcome = await place();
        return { atMs, elapsedMs: Math.round(performance.now() - started) - atMs, ...outcome };
      };
      const timer = setInterval(() => attempts.push(attempt()), 1_000 / perSecond);
      return {
        stop: async () => {
          clearInterval(timer);
          return await Promise.all(attempts);
        },
      };
    },
  };
}

const TOGETHER = 8;
const POLL_MS = 100;

/**
 * Waits until every order has come to its end, and gives the number of orders by how they ended.
 * @throws {Error} naming orders that have not when the limit passes.
 */
export async function endsOf(
  customer: NodeCustomer,
  orders: readonly string[],
  limitMs: number,
): Promise<Readonly<Record<string, number>>> {
  const limit = performance.now() + limitMs;
  const ends = new Map<string, string>();
  for (;;) {
    const open = orders.filter((order) => !ends.has(order));
    if (open.length === 0) break;
    if (performance.now() > limit)
      throw new Error(
        `Waited ${limitMs} ms for the end of ${orders.length} orders; ${open.length} are still pending: ${open.slice(0, 10).join(", ")}`,
      );
    for (let next = 0; next < open.length; next += TOGETHER) {
      await Promise.all(
        open.slice(next, next + TOGETHER).map(async (order) => {
          const status = await customer.status(order);
          if (status !== "pending") ends.set(order, status);
        }),
      );
    }
    await pause(POLL_MS);
  }
  const counts: Record<string, number> = {};
  for (const status of ends.values()) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
