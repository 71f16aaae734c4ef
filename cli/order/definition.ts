/** What a project adds to `kit order` and `kit start`: how to place and follow an order. */
import type { PlatformStatus } from "../platform/platform-status.ts";

/** One step of an order on its way to a terminal state. */
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
  /** Reason of the cancellation. */
  readonly reason?: string;
  readonly steps: readonly OrderStep[];
  /** From the request until the command saw the terminal state. */
  readonly elapsedMs: number;
}

/** A product of the price list. */
export interface Product {
  readonly productId: string;
  readonly name?: string;
  readonly price?: number;
}

/** Address and customer of an order. */
export interface OrderClient {
  /** Base URL of the gateway. */
  readonly gateway: string;
  /** Access token of the customer. */
  readonly token: string;
  readonly now: () => number;
}

/** Content of the order. */
export interface OrderedProduct {
  readonly productId: string;
  readonly quantity: number;
}

/** An order that `kit start` places, with its expected outcome. */
export interface SampleOrder {
  readonly title: string;
  /** Chooses from the price list, which is not empty. */
  choose(products: readonly Product[]): OrderedProduct;
  readonly expected: { readonly status: string; readonly reason?: string };
  /** Sets up the conditions that the order meets. @default nothing */
  meanwhile?(status: PlatformStatus, work: () => Promise<void>): Promise<void>;
}

/**
 * A project's order: a request that customers send and that reaches a terminal state later. Its outcome is `pending` before
 * that, `confirmed` if the customer got what was requested, and another word otherwise.
 */
export interface OrderDefinition {
  /** The price list. @throws KitError `KIT_GATEWAY_UNREACHABLE`, `KIT_ORDER_REFUSED`. */
  products(client: OrderClient): Promise<readonly Product[]>;
  /**
   * Places an order and follows it to its terminal state.
   * @param options - `timeoutMs`: limit for the whole; `onStep`: called once for each step, in order.
   * @returns the outcome; `status` is still `pending` after the timeout.
   * @throws KitError `KIT_GATEWAY_UNREACHABLE`, `KIT_ORDER_REFUSED`.
   */
  place(
    client: OrderClient,
    order: OrderedProduct,
    options: { readonly timeoutMs: number; readonly onStep?: (step: OrderStep) => void },
  ): Promise<OrderOutcome>;
  /** Whether a step is a failure. */
  isBad(step: OrderStep): boolean;
  /** In the order in which they are placed. */
  readonly samples: readonly SampleOrder[];
}
