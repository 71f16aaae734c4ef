import { CodedError, type ErrorEntry } from "../components/machine/coded-error.ts";

/** The toolchain's catalogue of errors. Most callers have more details, and pass their own message and fix. */
const CATALOGUE = {
  TOOL_MISSING: { message: "A tool is neither installed nor prepared.", fix: "Run `npx kit doctor --fix`." },
  UNSUPPORTED_PLATFORM: {
    message: "There is no build of a tool for this operating system and processor.",
    fix: "Install the tool.",
  },
  COMMAND_FAILED: {
    message: "A command of the preparation ended with an error.",
    fix: "Read its output above, and repeat: what is done is kept.",
  },
  COMMAND_TIMED_OUT: {
    message: "A command of the preparation did not end within its limit.",
    fix: "Run it by hand to see what it waits for.",
  },
  LOCK_TIMED_OUT: {
    message: "Another run held an artefact's lock for too long.",
    fix: "End the other run, or wait for it, and repeat.",
  },
  CACHE_UNWRITABLE: {
    message: "The cache folder cannot be written.",
    fix: "Make it writable, or name another folder in KIT_CACHE_DIR.",
  },
  BUILD_INCOMPLETE: {
    message: "A build ended well but did not leave what it should.",
    fix: "Run `go clean -cache` and repeat.",
  },
  TRAINING_FAILED: {
    message: "The training run of an ahead-of-time cache did not become ready.",
    fix: "Repeat; its last lines say why.",
  },
} as const satisfies Record<string, ErrorEntry>;

/** Stable code of an error, for programs. */
export type ToolchainErrorCode = keyof typeof CATALOGUE;

/** An error of the toolchain. */
export class ToolchainError extends CodedError<ToolchainErrorCode> {
  override readonly name = "ToolchainError";

  /**
   * @param message - What happened, with the value. Default: the catalogue's text.
   * @param fix - What to do, in one or two sentences. Default: the catalogue's text.
   */
  constructor(
    code: ToolchainErrorCode,
    message: string = CATALOGUE[code].message,
    fix: string = CATALOGUE[code].fix,
    options: { cause?: unknown } = {},
  ) {
    super(code, message, fix, options.cause);
  }
}
