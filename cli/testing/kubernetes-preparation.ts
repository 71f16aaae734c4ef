/** Prepares what the tests on Kubernetes need while other tests run. */
import type { Say } from "../terminal/progress.ts";

/** A running preparation. */
export interface KubernetesPreparation {
  /**
   * Resolves when it has ended, or after a timeout of half an hour, and reports its progress until then. Missing parts are
   * reported, not thrown: the tests that need them are skipped with the reason.
   */
  finished(say: Say): Promise<void>;
  /** Ends it, finished or not. */
  stop(): void;
}

/**
 * Nothing else runs meanwhile, so this is enough for the rest on two cores (the Kubernetes plugin alone took 5 minutes there),
 * and a run of all tests stays below an hour and a half. Finished parts stay for the next run.
 */
const WAIT_LIMIT_MS = 30 * 60_000;

/**
 * Starts it at the lowest priority, so that it uses only idle time.
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
