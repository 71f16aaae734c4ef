/** Exit codes, and the shape of an error in the catalogue. */
import type { ErrorEntry } from "../../components/machine/coded-error.ts";

/** Exit codes of every `kit` command; scripts rely on them. */
export const EXIT = {
  /** Success, or the answer is yes. */
  good: 0,
  /** The answer is no: a broken rule, a failed order, a stopped platform. */
  no: 1,
  /** Wrong input or usage. */
  usage: 2,
  /** Something that the command needs is missing. */
  missing: 3,
} as const;

/** One of {@link EXIT}. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An entry of the catalogue. */
export interface KitErrorEntry extends ErrorEntry {
  readonly exitCode: ExitCode;
  /** The message if there is no value. */
  readonly withoutValue?: string;
}
