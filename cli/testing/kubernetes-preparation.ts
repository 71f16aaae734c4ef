/** What the tests on Kubernetes need, prepared while something else runs. */
import type { Say } from "../terminal/progress.ts";

/** A preparation on its way. */
export interface KubernetesPreparation {
  /**
   * Resolves when it has ended, or is ended after half an hour, and says until then what it is at. What could not be had
   * is said, not thrown: the tests that need it are skipped with the reason.
   */
  finished(say: Say): Promise<void>;
  /** Ends it, finished or not. */
  stop(): void;
}

/**
 * Nothing else runs meanwhile, so this is enough for what is left on two cores (the Kubernetes plugin alone took 5 minutes there),
 * and a run of all tests stays below an hour and a half. What is finished stays for the next run.
 */
const WAIT_LIMIT_MS = 30 * 60_000;

/**
 * Starts it at the lowest priority: it takes the time that nobody else wants.
 *
 * @param live - Whether a line replaces the one before, as on a terminal.
 */
export function startKubernetesPreparation(live: boolean): KubernetesPreparation {
  const abort = new AbortController();
  let latest = "";
  let listener: Say | undefined;
  const tell: Say = (detail) => {
    latest = detail;
    listener?.(detail);
  };
  const outcome = prepare(tell, live, abort.signal).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  return {
    async finished(say) {
      listener = say;
      say(latest);
      const limit = setTimeout(() => abort.abort(), WAIT_LIMIT_MS);
      const failure = await outcome;
      clearTimeout(limit);
      if (failure !== undefined) say(`not everything could be prepared: ${failure}`);
    },
    stop: () => abort.abort(),
  };
}

async function prepare(tell: Say, live: boolean, signal: AbortSignal): Promise<void> {
  const { inBackground } = await import("../../toolchain/making/command.ts");
  await inBackground(() => preparedTestTools(tell, live), signal);
}

/**
 * Prepares the plugin, the parts of a cluster, the definitions.
 *
 * @param live - Whether a line replaces the one before, as on a terminal.
 */
export async function preparedTestTools(say: Say, live: boolean): Promise<void> {
  const [{ preparedTools }, { loadTestTools }] = await Promise.all([import("../tools.ts"), import("./test-tools.ts")]);
  const { names, table } = await loadTestTools();
  await preparedTools(say, live, { names: ["pulumi-resource-kubernetes", ...names], table });
}
