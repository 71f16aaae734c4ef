/** The price list, cached in memory for a few seconds: every order needs it, and it rarely changes. */
import type { Clock } from "@event-platform-kit/service/clock";
import type { Queryable } from "@event-platform-kit/service/storage/database";

/** Returns the price of one piece in minor units; undefined if the product is not sold in the currency. */
export type Prices = (productId: string, currency: string) => number | undefined;

/** A changed price applies to new orders after at most this time, in milliseconds. */
const KEEP_MS = 5_000;

/** Returns a function that returns the current prices; callers that ask while the list is read share one query. */
export function priceList(database: Queryable, clock: Clock): () => Promise<Prices> {
  let known: { readonly prices: Promise<Prices>; readonly at: number } | undefined;
  return () => {
    if (known === undefined || clock() - known.at > KEEP_MS) {
      const reading = { prices: read(database), at: clock() };
      known = reading;
      reading.prices.catch(() => {
        if (known === reading) known = undefined;
      });
    }
    return known.prices;
  };
}

async function read(database: Queryable): Promise<Prices> {
  const rows = await database.query<{ product_id: string; currency: string; unit_price: number }>({
    name: "price-list-read",
    text: "SELECT product_id, currency, unit_price FROM price_list",
  });
  const prices = new Map(rows.map((row) => [`${row.product_id}\n${row.currency}`, row.unit_price]));
  return (productId, currency) => prices.get(`${productId}\n${currency}`);
}
