/**
 * GET /stock and GET /stock/:productId: the available stock, from Redis if it has the product, otherwise from
 * PostgreSQL. Only services inside the platform can use these routes.
 */

import { Problem } from "@event-platform-kit/service/http/problem";
import type { Queryable } from "@event-platform-kit/service/storage/database";
import type { FastifyInstance } from "fastify";
import type { StockCache } from "./stock-cache.ts";
import { readStock } from "./stock-table.ts";

export function stockRoutes(database: Queryable, cache: StockCache): (app: FastifyInstance) => void {
  return (app) => {
    app.get("/stock", async () => ({ stock: await readStock(database) }));
    app.get<{ Params: { productId: string } }>("/stock/:productId", async (request) => {
      const { productId } = request.params;
      const cached = (await cache.read([productId])).get(productId);
      if (cached !== undefined) return cached;
      const [stock] = await readStock(database, [productId]);
      if (stock === undefined) throw new Problem("not-found", "There is no such product.");
      await cache.write([stock]);
      return stock;
    });
  };
}
