/** The order saga, as the kit's commands need to know it. */
import { defineProject } from "./cli/project/definition.ts";

export default defineProject({
  verification: async () => (await import("./service-templates/acceptance/verify/verification.ts")).verification,
  load: async () => (await import("./service-templates/acceptance/load/load.ts")).load,
  chaos: async () => (await import("./service-templates/acceptance/chaos/chaos.ts")).chaos,
});
