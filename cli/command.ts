import type { Command } from "commander";
import type { CommandContext } from "./context.ts";
import type { ExitCode } from "./errors.ts";

/**
 * One command. The module that exports it stays light, because it is loaded for `--help` too; `run` imports what the work
 * needs.
 */
export interface CommandDefinition {
  /** Adds arguments and options. Its help reads project-specific texts from the context. Awaited. */
  readonly configure: (command: Command, context: Pick<CommandContext, "projectDir">) => unknown;
  /** Shown at the end of `--help`, without indentation. */
  readonly examples: readonly string[];
  /**
   * Does the work.
   * @returns exit code.
   * @throws KitError and other packages' catalogue errors; the entry shows them.
   */
  readonly run: (
    context: CommandContext,
    options: Readonly<Record<string, unknown>>,
    args: readonly string[],
  ) => Promise<ExitCode>;
}

/** Value of a flag; false if it was not given. */
export function flag(options: Readonly<Record<string, unknown>>, name: string): boolean {
  return options[name] === true;
}

/** Value of an option with text; `undefined` if it was not given. */
export function text(options: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = options[name];
  return typeof value === "string" ? value : undefined;
}
