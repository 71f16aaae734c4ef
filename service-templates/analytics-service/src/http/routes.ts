/** The public routes: business figures, for callers whose token has the scope. The figures contain no customers and no orders. */

import type { Clock } from "@event-platform-kit/service/clock";
import type { TokenVerifier } from "@event-platform-kit/service/http/jwt";
import { requireScope } from "@event-platform-kit/service/http/jwt";
import type { Queryable } from "@event-platform-kit/service/storage/database";
import type { FastifyInstance } from "fastify";
import { MINUTE_MS } from "../figures/contributions.ts";
import type { Ranking } from "../figures/figures-table.ts";
import { minutesOf, sumsOf, topProducts } from "../figures/figures-table.ts";
import { MINUTE_MEASURES, minutesIn, reasonsOf, SUMMARY_MEASURES, shownPeriod, summaryOf } from "./answers.ts";
import type { PeriodQuery } from "./period.ts";
import { limitOf, periodOf } from "./period.ts";
import { LIMITS, MINUTES_QUERY, PERIOD_QUERY, PRODUCTS_QUERY } from "./schemas.ts";

/** The scope that a token needs. */
export const SCOPE = "analytics:read";

const DAY_MS = 24 * 60 * MINUTE_MS;
const USUAL = { minutes: 60, products: 10 } as const;

export interface AnalyticsRoutesOptions {
  readonly database: Queryable;
  readonly verify: TokenVerifier;
  readonly clock: Clock;
}

export function analyticsRoutes({ database, verify, clock }: AnalyticsRoutesOptions): (app: FastifyInstance) => void {
  return (app) => {
    app.addHook("onRequest", async (request) => {
      requireScope(await verify(request.headers.authorization), SCOPE);
    });

    app.get<{ Querystring: PeriodQuery }>(
      "/analytics/summary",
      { schema: { querystring: PERIOD_QUERY } },
      async (request) => {
        const period = periodOf(request.query, clock(), DAY_MS);
        return summaryOf(period, await sumsOf(database, SUMMARY_MEASURES, period));
      },
    );

    app.get<{ Querystring: PeriodQuery & { limit?: string } }>(
      "/analytics/minutes",
      { schema: { querystring: MINUTES_QUERY } },
      async (request) => {
        const limit = limitOf(request.query.limit, LIMITS.minutes, USUAL.minutes);
        const period = periodOf(request.query, clock(), limit * MINUTE_MS);
        const page = { from: period.from, to: Math.min(period.to, period.from + limit * MINUTE_MS) };
        return {
          period: shownPeriod(period),
          minutes: minutesIn(page, await minutesOf(database, MINUTE_MEASURES, page)),
          ...(page.to < period.to ? { next: new Date(page.to).toISOString() } : {}),
        };
      },
    );

    app.get<{ Querystring: PeriodQuery }>(
      "/analytics/cancellations",
      { schema: { querystring: PERIOD_QUERY } },
      async (request) => {
        const period = periodOf(request.query, clock(), DAY_MS);
        const reasons = reasonsOf(await sumsOf(database, ["cancelled"], period));
        return { period: shownPeriod(period), orders: reasons.reduce((all, { orders }) => all + orders, 0), reasons };
      },
    );

    app.get<{ Querystring: PeriodQuery & { limit?: string; currency?: string; by?: Ranking } }>(
      "/analytics/products",
      { schema: { querystring: PRODUCTS_QUERY } },
      async (request) => {
        const { currency, by = "pieces" } = request.query;
        const limit = limitOf(request.query.limit, LIMITS.products, USUAL.products);
        const period = periodOf(request.query, clock(), DAY_MS);
        const products = await topProducts(database, period, {
          by,
          limit,
          ...(currency === undefined ? {} : { currency }),
        });
        return {
          period: shownPeriod(period),
          by,
          products: products.map(({ label, currency: paid, count, units, amount }) => ({
            productId: label,
            currency: paid,
            orders: count,
            pieces: units,
            amount: amount / 100,
          })),
        };
      },
    );
  };
}
