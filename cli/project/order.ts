/** API for a project's order; see {@link OrderDefinition}. */
export { KitError } from "../errors.ts";
export type {
  OrderClient,
  OrderDefinition,
  OrderedProduct,
  OrderOutcome,
  OrderStep,
  Product,
  SampleOrder,
} from "../order/definition.ts";
export type { PlatformStatus } from "../platform/platform-status.ts";
