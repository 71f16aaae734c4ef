/**
 * Pulumi's engine events, as far as the command reads them: one JSON object per line of the event log
 * (`apitype.EngineEvent` in Pulumi's SDK). Unknown kinds of events and fields are passed over.
 */

/** A step on one resource. */
export interface StepMetadata {
  /** `create`, `update`, `same`, `replace`, `delete`, `refresh`, … */
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  readonly new?: StepState | null;
  readonly old?: StepState | null;
}

interface StepState {
  readonly inputs?: Readonly<Record<string, unknown>> | null;
}

/** One line of the event log. */
export interface EngineEvent {
  /** A step begins. */
  readonly resourcePreEvent?: { readonly metadata: StepMetadata };
  /** A step is done. */
  readonly resOutputsEvent?: { readonly metadata: StepMetadata };
  /** A step failed. */
  readonly resOpFailedEvent?: { readonly metadata: StepMetadata };
  readonly diagnosticEvent?: {
    readonly urn?: string;
    readonly message: string;
    /** `info`, `info#err`, `warning`, `error`. */
    readonly severity: string;
    readonly ephemeral?: boolean;
  };
  readonly policyEvent?: {
    readonly resourceUrn?: string;
    readonly message: string;
    readonly policyName: string;
    readonly enforcementLevel: string;
  };
  readonly summaryEvent?: {
    /** Number of resources by operation. */
    readonly resourceChanges?: Readonly<Record<string, number>> | null;
    readonly result?: string;
  };
  readonly errorEvent?: { readonly error: string };
}

/** Reads one line; `undefined` for blank and half-written lines. */
export function parseEvent(line: string): EngineEvent | undefined {
  if (line.trim() === "") return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

const COLOR_DIRECTIVE = /<\{%[^%]*%\}>/g;
// The escape character is what a terminal sequence begins with.
const TERMINAL_SEQUENCE = /\u001b\[[0-9;]*m/g;

/** A diagnostic's text without colour directives and trailing blanks. */
export function plainText(message: string): string {
  return message.replace(COLOR_DIRECTIVE, "").replace(TERMINAL_SEQUENCE, "").trimEnd();
}

/** Last part of a URN: the resource's own name. */
export function urnName(urn: string): string {
  return urn.split("::").slice(3).join("::") || urn;
}

/** Type token of a URN, without its parents. */
export function urnType(urn: string): string {
  return (urn.split("::")[2] ?? "").split("$").at(-1) ?? "";
}
