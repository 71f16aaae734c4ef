/** Progress of a command for people: live on a terminal, line by line elsewhere. */
import type { CommandContext } from "../context.ts";
import { colorsFor } from "./output.ts";
import { formatElapsed } from "./quantities.ts";
import { terminalText } from "./terminal-text.ts";

/** Shows the current detail of a step; on a terminal it replaces the previous one. */
export type Say = (detail: string) => void;

/** Shows the steps of a command on stderr. */
export interface ProgressReporter {
  /** True on a terminal, where details may be frequent. */
  readonly live: boolean;
  /** Runs one step; shows its title, its details, and its duration. Errors propagate. */
  step<T>(title: string, work: (say: Say) => Promise<T>): Promise<T>;
}

const MINIMAL_COLUMNS = 40;
/** Exit code that shells give to a command ended by SIGINT. */
const INTERRUPTED = 130;

/** The reporter for the context's stderr. */
export function progressReporter(context: CommandContext): ProgressReporter {
  const { isTTY, columns } = context.stderr;
  // A terminal that does not report its width (some recorders) would get one letter per line.
  const live =
    isTTY === true && columns >= MINIMAL_COLUMNS && context.env.TERM !== "dumb" && (context.env.CI ?? "") === "";
  return live ? liveReporter(context) : plainReporter(context);
}

function plainReporter(context: CommandContext): ProgressReporter {
  const colors = colorsFor(context.stderr, context.env);
  return {
    live: false,
    async step(title, work) {
      const started = context.now();
      let last = "";
      try {
        const result = await work((detail) => {
          if (detail === last || detail === "") return;
          last = detail;
          context.stderr.write(`  ${title}: ${terminalText(detail)}\n`);
        });
        context.stderr.write(`${colors.green("done")} ${title} (${formatElapsed(context.now() - started)})\n`);
        return result;
      } catch (error) {
        context.stderr.write(`${colors.red("failed")} ${title} (${formatElapsed(context.now() - started)})\n`);
        throw error;
      }
    },
  };
}

function liveReporter(context: CommandContext): ProgressReporter {
  const colors = colorsFor(context.stderr, context.env);
  return {
    live: true,
    async step(title, work) {
      // Loaded here, because only a terminal needs it.
      const { Listr, ListrLogger, ProcessOutput } = await import("listr2");
      const started = context.now();
      const holder: { outcome?: { value: Awaited<ReturnType<typeof work>> } | { error: unknown } } = {};
      const list = new Listr(
        [
          {
            title,
            task: async (_shared, task) => {
              try {
                const value = await work((detail) => {
                  task.output = terminalText(detail);
                });
                holder.outcome = { value };
                task.title = `${title} ${colors.dim(`(${formatElapsed(context.now() - started)})`)}`;
              } catch (error) {
                holder.outcome = { error };
                throw error;
              }
            },
          },
        ],
        {
          // The command handles signals itself: an interrupted run ends in order.
          registerSignalListeners: false,
          exitOnError: false,
          rendererOptions: {
            showErrorMessage: false,
            logger: new ListrLogger({ processOutput: new ProcessOutput(context.stderr, context.stderr) }),
          },
        },
      );
      // The list hides the cursor. Without another Ctrl-C handler it would stay hidden.
      const onInterrupt = (): void => {
        if (process.listenerCount("SIGINT") > 1) return;
        context.stderr.write("\u001b[?25h");
        process.exit(INTERRUPTED);
      };
      process.on("SIGINT", onInterrupt);
      await list.run().finally(() => process.off("SIGINT", onInterrupt));
      const { outcome } = holder;
      if (outcome === undefined) throw new Error(`The step "${title}" ended without an outcome.`);
      if ("error" in outcome) throw outcome.error;
      return outcome.value;
    },
  };
}
