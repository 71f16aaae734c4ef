/**
 * The one shape of errors that a user can act on: a stable code, what happened, what to do. Each room has a catalogue of
 * its own, in which `{name}` stands for a value.
 */

/** One error of a catalogue. */
export interface ErrorEntry {
  /** What happened, with the values that are wrong. */
  readonly message: string;
  /** What to do. */
  readonly fix: string;
}

/** An error of a catalogue. Scripts may match on its code. */
export class CodedError<Code extends string = string> extends Error {
  readonly code: Code;
  /** What to do, without the message. */
  readonly fix: string;

  /**
   * @param message - What the reader sees.
   * @param cause - What was caught; undefined: nothing.
   */
  constructor(code: Code, message: string, fix: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.fix = fix;
  }
}

/** The names that stand in braces in a text of a catalogue. */
export type Placeholders<T extends string> = T extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

/** A text of a catalogue with its values; a value that is not there is `unknown`. */
export function filled(text: string, values: Readonly<Record<string, string | number | undefined>>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? "unknown"));
}

/** The text of anything thrown. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(reasonOf).join("; ");
  return error instanceof Error ? error.message || error.name : String(error);
}

/** The code of a system error (`ENOENT`), if it has one. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
