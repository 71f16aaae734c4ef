/** The order saga, as the kit's commands see it. */
import { defineProject } from "./cli/project/definition.ts";

export default defineProject({
  verification: async () => (await import("./service-templates/acceptance/verify/verification.ts")).verification,
  order: async () => (await import("./service-templates/acceptance/order/order.ts")).order,
  load: async () => (await import("./service-templates/acceptance/load/load.ts")).load,
  chaos: async () => (await import("./service-templates/acceptance/chaos/chaos.ts")).chaos,
  benchmarks: {
    saga: {
      summary: "orders at several rates: latency, stages, backlog, processors by part",
      program: "service-templates/acceptance/bench/saga.ts",
    },
    "hot-sku": {
      summary: "thousands of orders for a few units of one product",
      program: "service-templates/acceptance/bench/hot-sku.ts",
    },
  },
});
