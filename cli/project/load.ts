/** API for a project's load; see {@link LoadDefinition}. */
export { KitError } from "../errors.ts";
export type { LoadDefinition, LoadSize, OrderEnd } from "../load/definition.ts";
export type { LatencySummary } from "../load/latency.ts";
export { percentile, summarize } from "../load/latency.ts";
export type { PlannedOrder } from "../load/open-loop.ts";
export type { LastingDatabase, RunDatabase } from "../load/run-database.ts";
export { lastingDatabase } from "../load/run-database.ts";
export { seededRandom } from "../load/seeded-random.ts";
export type { PlatformAccess, ServerAccess } from "../platform/platform-access.ts";
