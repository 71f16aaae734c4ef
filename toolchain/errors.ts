/**
 * The toolchain's catalogue of errors. Each says what happened, with the value, and what to do about it.
 */
const CATALOGUE = {
  TOOL_MISSING: "A tool is neither installed nor prepared.",
  UNSUPPORTED_PLATFORM: "There is no build of a tool for this operating system and processor.",
  COMMAND_FAILED: "A command of the preparation ended with an error.",
  COMMAND_TIMED_OUT: "A command of the preparation did not end within its limit.",
  LOCK_TIMED_OUT: "Another run held an artefact's lock for too long.",
  CACHE_UNWRITABLE: "The cache folder cannot be written.",
  BUILD_INCOMPLETE: "A build ended well but did not leave what it should.",
  TRAINING_FAILED: "The training run of an ahead-of-time cache did not become ready.",
} as const;

/** What kind of thing went wrong; stable, for programs. */
export type ToolchainErrorCode = keyof typeof CATALOGUE;

/** An error of the toolchain: a code for programs, a message naming the value, and a fix for the reader. */
export class ToolchainError extends Error {
  readonly code: ToolchainErrorCode;
  /** What to do, in one or two sentences. */
  readonly fix: string;

  constructor(code: ToolchainErrorCode, message: string, fix: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "ToolchainError";
    this.code = code;
    this.fix = fix;
  }
}

/** The catalogue's sentence for a code, as the documentation lists it. */
export function describeErrorCode(code: ToolchainErrorCode): string {
  return CATALOGUE[code];
}
