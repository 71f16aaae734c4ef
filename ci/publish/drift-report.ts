/** What `kit drift --json` found as the text of an issue. Pure: the same deviations give the same text. */
import { markdownCode, markdownCodeCell, markdownText } from "../../cli/diff/escaping.ts";
import type { Deviation } from "../../components/plan/drift.ts";
import { UsageFault } from "./forge.ts";

/** The part of the document that is read. */
export interface DriftFindings {
  readonly stack: string;
  readonly drifted: boolean;
  readonly deviations: readonly Deviation[];
}

const MOST_ROWS = 100;
const LONGEST_VALUE = 200;

/**
 * Reads the document.
 * @throws UsageFault for a text that is no such document, such as the error that `kit drift` prints.
 */
export function parseDrift(text: string): DriftFindings {
  const document = parsed(text) as Partial<DriftFindings> | undefined;
  if (
    typeof document?.stack !== "string" ||
    typeof document.drifted !== "boolean" ||
    !Array.isArray(document.deviations)
  ) {
    throw new UsageFault("The file is no document of kit drift --json: it has no stack, drifted and deviations.");
  }
  if (!/^[a-z][a-z0-9-]*$/.test(document.stack))
    throw new UsageFault(`${JSON.stringify(document.stack)} is no name of a stack.`);
  return { stack: document.stack, drifted: document.drifted, deviations: document.deviations };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageFault(`The file is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Marker of a stack's issue. */
export function driftMarker(stack: string): string {
  return `<!-- event-platform drift: ${stack} -->`;
}

/** Title of a stack's issue. */
export function driftTitle(stack: string): string {
  return `Drift: the stack ${stack} does not run as it is declared`;
}

/** The issue's text, without the marker. */
export function driftReport({ stack, deviations }: DriftFindings): string {
  const shown = deviations.slice(0, MOST_ROWS);
  const rows = shown.map(({ class: found, kind, object, field, declared, live, owner, source }) =>
    [
      found,
      kind,
      markdownCodeCell(object),
      field === undefined ? "" : markdownCodeCell(field),
      cell(declared),
      cell(live),
      markdownText(owner ?? ""),
      source === undefined ? "" : markdownCodeCell(`${source.file}:${source.line}`),
    ].join(" | "),
  );
  const left = deviations.length - shown.length;
  return [
    `The running servers of ${markdownCode(stack)} deviate from what ${markdownCode("topics/")} and the stack declare: ${deviations.length} ${deviations.length === 1 ? "deviation" : "deviations"}.`,
    [
      "| class | kind | object | field | declared | live | owner | declared at |",
      "|---|---|---|---|---|---|---|---|",
      ...rows.map((row) => `| ${row} |`),
    ].join("\n"),
    ...(left > 0 ? [`${left} more are left out here; the job's file ${markdownCode("drift.json")} has all.`] : []),
    `Put back what differs with ${markdownCode(`pulumi up --refresh -s ${stack}`)}, or declare the change in a pull request. ${markdownCode("docs/guide/drift.md")} explains the classes. The job that opened this issue updates it, and closes it when nothing deviates.`,
  ].join("\n\n");
}

function cell(value: string | undefined): string {
  if (value === undefined) return "";
  return markdownCodeCell(value.length > LONGEST_VALUE ? `${value.slice(0, LONGEST_VALUE - 1)}…` : value);
}
