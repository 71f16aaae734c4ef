/** The platform that is measured, with the three databases of the saga open. */
import type { BenchPlatform, CommandContext } from "../../../cli/project/bench.ts";
import { withPlatform } from "../../../cli/project/bench.ts";
import type { RunDatabases } from "../load/order-records.ts";
import { openRunDatabases } from "../load/order-records.ts";

/** What a run of orders is measured on. */
export interface SagaPlatform extends Pick<BenchPlatform, "target" | "processes"> {
  readonly databases: RunDatabases;
}

/** As `withPlatform`. */
export async function withSagaPlatform<T>(
  context: CommandContext,
  options: { readonly running: boolean; readonly signal: AbortSignal },
  work: (platform: SagaPlatform) => Promise<T>,
): Promise<T> {
  return await withPlatform(context, options, async ({ target, access, processes }) =>
    work({ target, processes, databases: await openRunDatabases(access, options.signal) }),
  );
}
