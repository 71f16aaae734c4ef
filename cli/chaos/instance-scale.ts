/** Brings the platform to the instances of each service that a scenario needs, and back to what is declared. */
import type { CommandContext } from "../context.ts";
import { observePlatform, readDeclaredStatus } from "../platform/platform-status.ts";
import { serviceInstances } from "./terrain.ts";

/** The instances of a platform for the time of a series of runs. */
export interface InstanceScale {
  /** A context in which every service has at least so many instances. A platform that does not run is left alone: the run itself says so. */
  atLeast(instances: number): Promise<CommandContext>;
  /** Brings back what is declared; does nothing where nothing was changed. */
  back(): Promise<void>;
}

/** @param bringUp - Brings the platform to what is declared in a context. */
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
      // What brings the platform up on the way must not take away what runs now.
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

/** The instances of the service that has the fewest; `undefined` where not everything runs. */
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
