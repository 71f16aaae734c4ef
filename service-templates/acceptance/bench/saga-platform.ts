/** The measured platform, with open connections to the three databases of the saga. */
import type { BenchPlatform, CommandContext } from "../../../cli/project/bench.ts";
import { withPlatform } from "../../../cli/project/bench.ts";
import type { RunDatabases } from "../load/order-records.ts";
import { openRunDatabases } from "../load/order-records.ts";

/** The platform of a measured run of orders. */
export interface SagaPlatform extends Pick<BenchPlatform, "target" | "processes"> {
  readonly databases: RunDatabases;
}

/** Runs work with the platform, like `withPlatform`. */
export async function withSagaPlatform<T>(
  context: CommandContext,
  options: { readonly running: boolean; readonly signal: AbortSignal },
  work: (platform: SagaPlatform) => Promise<T>,
): Promise<T> {
  return await withPlatform(context, options, async ({ target, access, processes }) =>
    work({ target, processes, databases: await openRunDatabases(access, options.signal) }),
  );
}
