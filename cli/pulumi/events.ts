/**
 * The part of Pulumi's engine events that the command reads: one JSON object per line of the event log (`apitype.EngineEvent`
 * in Pulumi's SDK). Skips unknown kinds of events and fields.
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

/** Parses one line; `undefined` for blank and half-written lines. */
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
// A terminal sequence begins with the escape character.
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
