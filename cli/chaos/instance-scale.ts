/** Scales services to the instances that a scenario needs, and back to the declared number. */
import type { CommandContext } from "../context.ts";
import { observePlatform, readDeclaredStatus } from "../platform/platform-status.ts";
import { serviceInstances } from "./terrain.ts";

/** The instances of a platform during a series of runs. */
export interface InstanceScale {
  /**
   * A context in which every service has at least this many instances. Does nothing to a platform that does not run: the run
   * itself reports that.
   */
  atLeast(instances: number): Promise<CommandContext>;
  /** Restores the declared number of instances; does nothing if nothing was changed. */
  back(): Promise<void>;
}

/** @param bringUp - Brings the platform to the declaration in a context. */
export function instanceScale(
  context: CommandContext,
  bringUp: (context: CommandContext) => Promise<unknown>,
): InstanceScale {
  let changed = false;
  const withInstances = (count: number): CommandContext => ({
    ...context,
    env: { ...context.env, KIT_INSTANCES: String(count) },
  });

  return {
    async atLeast(instances) {
      const fewest = await fewestInstances(context);
      if (fewest === undefined) return context;
      // Bringing the platform up must not remove running processes.
      if (fewest >= instances) return fewest === 1 ? context : withInstances(fewest);
      context.stderr.write(`Starting ${instances} instances of each service\n`);
      changed = true;
      const scaled = withInstances(instances);
      await bringUp(scaled);
      return scaled;
    },
    async back() {
      if (!changed) return;
      changed = false;
      context.stderr.write("Back to the instances that are declared\n");
      await bringUp(context);
    },
  };
}

/** The instances of the service with the fewest; `undefined` if not everything runs. */
async function fewestInstances(context: CommandContext): Promise<number | undefined> {
  const declared = await readDeclaredStatus(context.stateDir);
  if (declared === undefined) return undefined;
  const { state, processes } = await observePlatform(context.stateDir, declared.stack);
  if (state !== "running") return undefined;
  const services = Object.keys(declared.endpoints.services ?? {});
  const instances = serviceInstances(
    processes.filter(({ role }) => role === "service").map(({ name }) => name),
    services,
  );
  const counts = services
    .map((name) => instances.filter(({ service }) => service === name).length)
    .filter((count) => count > 0);
  return counts.length === 0 ? undefined : Math.min(...counts);
}
