/**
 * The common format of errors that a user can act on: a stable code, what happened, what to do. The command, the
 * provider and the toolchain each have a catalogue, in which `{name}` stands for a value:
 *
 *     const CATALOGUE = {
 *       "port-taken": { message: "port {port} is taken by {holder}", fix: "stop that program" },
 *     } as const satisfies Record<string, ErrorEntry>;
 *     type Code = keyof typeof CATALOGUE;
 */

/** One error of a catalogue. */
export interface ErrorEntry {
  /** What happened, with the wrong values. */
  readonly message: string;
  /** What to do, as an instruction. */
  readonly fix: string;
}

/** Base class of the errors of each catalogue. */
export class CodedError<Code extends string = string> extends Error {
  /** Key of the catalogue. It never changes, because scripts may match on it. */
  readonly code: Code;
  /** What to do, without the message. */
  readonly fix: string;

  /**
   * @param message - Text for the user.
   * @param cause - The caught error. Default: none.
   */
  constructor(code: Code, message: string, fix: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.fix = fix;
  }
}

/**
 * The names in braces in a text: `"host" | "port"` for `"{host}:{port}"`. A catalogue types the values of its errors
 * with it.
 */
export type Placeholders<T extends string> = T extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

/**
 * Returns a text with the values in place of their names. Values are not searched for names. A missing value becomes
 * `unknown`, because an exception here would hide the error that is being reported.
 */
export function filled(text: string, values: Readonly<Record<string, string | number | undefined>>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? "unknown"));
}

/**
 * Returns the message of any thrown value. Node throws an AggregateError without a message if every address of a host
 * refuses.
 */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(reasonOf).join("; ");
  return error instanceof Error ? error.message || error.name : String(error);
}

/** Returns the code of a system error, for example `ENOENT`; undefined for any other error. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
