/**
 * The catalogue of the command's errors: code, exit code, message with the value, fix. Any other error at the top level is a
 * fault of the kit itself; its message says so.
 */
import { CodedError, filled } from "../components/machine/coded-error.ts";
import { declarationErrors } from "./errors/declaration.ts";
import { EXIT, type ExitCode, type KitErrorEntry } from "./errors/entry.ts";
import { eventsErrors } from "./errors/events.ts";
import { platformErrors } from "./errors/platform.ts";
import { servicesErrors } from "./errors/services.ts";
import { trialsErrors } from "./errors/trials.ts";

export { EXIT, type ExitCode };

/** Every expected error, by code. `{value}` is replaced by a path, a number or an answer. */
const ERRORS = {
  ...platformErrors,
  ...declarationErrors,
  ...eventsErrors,
  ...servicesErrors,
  ...trialsErrors,
} as const;

/** Code of an expected error. */
export type ErrorCode = keyof typeof ERRORS;

/** An expected error: shown as code, message and fix, without a stack trace. */
export class KitError extends CodedError<ErrorCode> {
  override readonly name = "KitError";
  /** The value that the message names. */
  readonly value: string;
  readonly exitCode: ExitCode;

  /**
   * @param code - Code in the catalogue.
   * @param value - Replaces `{value}` in the message.
   * @param options - `cause`, and a `fix` that is more specific than the catalogue's.
   */
  constructor(code: ErrorCode, value: string, options: { cause?: unknown; fix?: string } = {}) {
    const entry: KitErrorEntry = ERRORS[code];
    const message = value === "" && entry.withoutValue !== undefined ? entry.withoutValue : entry.message;
    super(code, filled(message, { value }), options.fix ?? entry.fix, options.cause);
    this.value = value;
    this.exitCode = entry.exitCode;
  }
}

/** The part of an error that the user sees. */
export interface ErrorReport {
  readonly code: string;
  readonly message: string;
  readonly fix?: string;
  readonly exitCode: ExitCode;
  /** True for errors of a catalogue; false for a fault of the kit itself. */
  readonly expected: boolean;
}

/**
 * Turns any thrown value into the error that the user sees. Other packages' catalogues (tools, provider) throw errors with
 * `code` and `fix`; they mean that something is missing.
 */
export function describeError(error: unknown): ErrorReport {
  if (error instanceof KitError) {
    return { code: error.code, message: error.message, fix: error.fix, exitCode: error.exitCode, expected: true };
  }
  if (
    error instanceof Error &&
    "code" in error &&
    typeof error.code === "string" &&
    "fix" in error &&
    typeof error.fix === "string"
  ) {
    return { code: error.code, message: error.message, fix: error.fix, exitCode: EXIT.missing, expected: true };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: "KIT_INTERNAL",
    message: `Unexpected: ${message}`,
    fix: "This is a fault of the kit. Run again with KIT_DEBUG=1 for the stack trace.",
    exitCode: EXIT.no,
    expected: false,
  };
}
