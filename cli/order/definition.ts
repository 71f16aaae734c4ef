/** What a project adds to `kit order` and `kit start`: how an order is placed and followed. */
import type { PlatformStatus } from "../platform/platform-status.ts";

/** One step of an order on its way to its end. */
export interface OrderStep {
  /** For example `accepted`, `payment.processed`, `order.confirmed`. */
  readonly name: string;
  /** ISO 8601. */
  readonly at: string;
  /** Milliseconds since the order was accepted. */
  readonly elapsedMs: number;
}

/** The document of `kit order --json`. */
export interface OrderOutcome {
  readonly orderId: string;
  /** `pending`, `confirmed`, `cancelled`. */
  readonly status: string;
  /** Why it was cancelled. */
  readonly reason?: string;
  readonly steps: readonly OrderStep[];
  /** From the request until its end was seen here. */
  readonly elapsedMs: number;
}

/** A product of the price list. */
export interface Product {
  readonly productId: string;
  readonly name?: string;
  readonly price?: number;
}

/** Where and as whom to order. */
export interface OrderClient {
  /** Base URL of the gateway. */
  readonly gateway: string;
  /** Access token of the customer. */
  readonly token: string;
  readonly now: () => number;
}

/** What is ordered. */
export interface OrderedProduct {
  readonly productId: string;
  readonly quantity: number;
}

/** An order that `kit start` places, and how it must end. */
export interface SampleOrder {
  readonly title: string;
  /** Chooses from the price list, which is not empty. */
  choose(products: readonly Product[]): OrderedProduct;
  readonly expected: { readonly status: string; readonly reason?: string };
  /** Brings about what the order is to meet, around its course. @default nothing */
  meanwhile?(status: PlatformStatus, work: () => Promise<void>): Promise<void>;
}

/**
 * A project's order: a request that customers send and that comes to an end later. Its outcome is `pending` while it has
 * none, `confirmed` when that is what the customer wanted, and something else otherwise.
 */
export interface OrderDefinition {
  /** The price list. @throws KitError `KIT_GATEWAY_UNREACHABLE`, `KIT_ORDER_REFUSED`. */
  products(client: OrderClient): Promise<readonly Product[]>;
  /**
   * Places an order and follows it to its end.
   * @param options - `timeoutMs`: limit for the whole; `onStep`: called once for each step, in order.
   * @returns the outcome; `status` is still `pending` when the limit passed.
   * @throws KitError `KIT_GATEWAY_UNREACHABLE`, `KIT_ORDER_REFUSED`.
   */
  place(
    client: OrderClient,
    order: OrderedProduct,
    options: { readonly timeoutMs: number; readonly onStep?: (step: OrderStep) => void },
  ): Promise<OrderOutcome>;
  /** Whether a step is bad news. */
  isBad(step: OrderStep): boolean;
  /** In the order in which they are placed. */
  readonly samples: readonly SampleOrder[];
}
