/** The public routes. Each requires a token; an order is visible only to its owner. */

import { BODY_LIMIT } from "@event-platform-kit/service/http";
import type { Subject, TokenVerifier } from "@event-platform-kit/service/http/jwt";
import { largeBodyLimit } from "@event-platform-kit/service/http/large-bodies";
import { Problem } from "@event-platform-kit/service/http/problem";
import { isUuid } from "@event-platform-kit/service/ids";
import type { Database } from "@event-platform-kit/service/storage/database";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { toDecimal } from "../order.ts";
import type { OrderRecord, OrderStep } from "../orders-table.ts";
import { findOrder, listOrders, stepsOf } from "../orders-table.ts";
import type { PlaceOrder, PlaceOrderBody } from "./place-order.ts";
import { LIMITS, LIST_QUERY, ORDER_BODY_LIMIT, PLACE_ORDER_BODY, PLACED_ORDER } from "./schemas.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The sender of the request, set after the token was checked. */
    subject: Subject;
  }
}

const DEFAULT_PAGE = 20;
/** Number of orders with a document that are read at once: each takes about 20 MB while it is read. */
const LARGE_ORDERS = 3;

export interface OrderRoutesOptions {
  readonly database: Database;
  readonly placeOrder: PlaceOrder;
  readonly verify: TokenVerifier;
}

export function orderRoutes({ database, placeOrder, verify }: OrderRoutesOptions): (app: FastifyInstance) => void {
  return (app) => {
    const largeBodies = largeBodyLimit(LARGE_ORDERS);
    app.decorateRequest("subject", null as unknown as Subject);
    app.addHook("onRequest", async (request) => {
      request.subject = await verify(request.headers.authorization);
    });

    app.post<{ Body: PlaceOrderBody }>(
      "/orders",
      {
        bodyLimit: ORDER_BODY_LIMIT,
        onRequest: largeBodies.hook,
        preValidation: refuseLargeOrder,
        schema: { body: PLACE_ORDER_BODY, response: { 202: PLACED_ORDER } },
      },
      async (request, reply) => {
        const header = request.headers["idempotency-key"];
        const { answer, replayed } = await placeOrder({
          subject: request.subject,
          idempotencyKey: typeof header === "string" ? header : undefined,
          body: request.body,
          trace: request.trace,
        });
        if (replayed) reply.header("idempotency-replayed", "true");
        return reply.code(202).header("location", answer.links.self).send(answer);
      },
    );

    app.get<{ Params: { id: string } }>("/orders/:id", async (request) => {
      const { id } = request.params;
      const order = isUuid(id) ? await findOrder(database, request.subject.id, id) : undefined;
      // An order of another customer gets the same answer as a missing order, so that its existence is not revealed.
      if (order === undefined) throw new Problem("not-found", "There is no such order.");
      return shown(order, (await stepsOf(database, [id])).get(id) ?? []);
    });

    app.get<{ Querystring: { limit?: string; cursor?: string } }>(
      "/orders",
      { schema: { querystring: LIST_QUERY } },
      async (request) => {
        const limit = Number(request.query.limit ?? DEFAULT_PAGE);
        if (limit < 1 || limit > LIMITS.page)
          throw new Problem("malformed-request", `limit must be between 1 and ${LIMITS.page}`);
        const orders = await listOrders(database, request.subject.id, limit + 1, cursorOrder(request.query.cursor));
        const page = orders.slice(0, limit);
        const steps = await stepsOf(
          database,
          page.map((order) => order.orderId),
        );
        const last = page.at(-1);
        return {
          orders: page.map((order) => shown(order, steps.get(order.orderId) ?? [])),
          ...(orders.length > limit && last !== undefined
            ? { next: Buffer.from(last.orderId).toString("base64url") }
            : {}),
        };
      },
    );

    app.get("/products", async () => {
      const rows = await database.query<{ product_id: string; name: string; currency: string; unit_price: number }>({
        name: "price-list-all",
        text: "SELECT product_id, name, currency, unit_price FROM price_list ORDER BY product_id, currency",
      });
      const products = Map.groupBy(rows, (row) => row.product_id);
      return {
        products: [...products].map(([productId, prices]) => ({
          productId,
          name: prices[0]?.name ?? productId,
          prices: Object.fromEntries(prices.map((row) => [row.currency, toDecimal(row.unit_price)])),
        })),
      };
    });
  };
}

/**
 * Refuses a large body without a document: only a document may use the extra size. This runs before the schema check,
 * which would check every one of a million items.
 */
async function refuseLargeOrder(request: FastifyRequest): Promise<void> {
  const { "content-length": length } = request.headers;
  if (length !== undefined && Number(length) <= BODY_LIMIT) return;
  const data = attachedData(request.body);
  // Measures the text as sent: white space and digits that parsing drops also use memory. An encoder may escape each
  // slash of base64.
  const rest =
    length === undefined
      ? Buffer.byteLength(JSON.stringify(request.body) ?? "") - data.length
      : Number(length) - data.length - data.split("/").length;
  if (rest > BODY_LIMIT)
    throw new Problem("too-large", `Beside the attachment's data the body may have at most ${BODY_LIMIT} bytes.`);
}

/** Returns the attachment's data as text; empty if the body has none. The schema was not checked yet. */
function attachedData(body: unknown): string {
  const attachment = typeof body === "object" && body !== null && "attachment" in body ? body.attachment : undefined;
  const data =
    typeof attachment === "object" && attachment !== null && "data" in attachment ? attachment.data : undefined;
  return typeof data === "string" ? data : "";
}

function cursorOrder(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const orderId = Buffer.from(cursor, "base64url").toString("utf8");
  if (!isUuid(orderId)) throw new Problem("malformed-request", "cursor is not one that this service gave out");
  return orderId;
}

/** Returns an order as its owner sees it. */
function shown(order: OrderRecord, steps: readonly OrderStep[]): object {
  return {
    orderId: order.orderId,
    status: order.saga.status,
    ...(order.saga.reason === undefined ? {} : { reason: order.saga.reason }),
    items: order.items.map((item) => ({
      productId: item.productId,
      quantity: item.quantity,
      price: toDecimal(item.unitPrice),
    })),
    totalAmount: toDecimal(order.totalAmount),
    currency: order.currency,
    shippingAddress: order.shippingAddress,
    ...(order.attachment === undefined ? {} : { attachment: order.attachment }),
    steps: steps.map((step) => ({
      name: step.name,
      at: step.at.toISOString(),
      elapsedMs: step.at.getTime() - order.createdAt.getTime(),
    })),
    createdAt: order.createdAt.toISOString(),
    updatedAt: order.updatedAt.toISOString(),
    links: { self: `/orders/${order.orderId}` },
  };
}
