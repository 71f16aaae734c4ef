/** Generates the documents from the catalogues: the page of signals and alerts, and the heads of runbooks. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ALERT_GROUPS } from "./alerts/catalogue.ts";
import { namedRunbooks, withHead } from "./rendered/runbook-head.ts";
import { expressionOn, type Signal, SUBSTRATES } from "./signal.ts";
import { SIGNAL_GROUPS } from "./signals/catalogue.ts";

/** Path of the page of all signals and alerts, relative to the project's root. */
export const signalsPath = "docs/guide/signals.md";

/** Returns the path of a runbook, relative to the project's root. */
export function runbookPath(runbook: string): string {
  return `docs/runbooks/${runbook}.md`;
}

/** Returns the text of the page. */
export function signalsPage(): string {
  return [
    "# Signals and alerts",
    "",
    "Written by `node components/observability/documentation.ts` from the catalogues in `components/observability`.",
    "[Observability](observability.md) says how they are used.",
    "",
    "## Alerts",
    "",
    ...Object.entries(ALERT_GROUPS).flatMap(([subject, alerts]) => [
      `### Alerts: ${subject}`,
      "",
      "| alert | severity | after | says |",
      "|---|---|---|---|",
      ...alerts.map(
        ({ name, severity, for: after, firing, runbook }) =>
          `| [${name}](../runbooks/${runbook}.md) | ${severity} | ${after === "0s" ? "at once" : after} | ${firing.summary} |`,
      ),
      "",
    ]),
    "## Signals",
    "",
    ...Object.entries(SIGNAL_GROUPS).flatMap(([subject, signals]) => [
      `### Signals: ${subject}`,
      "",
      "| signal | unit | meaning | computed from |",
      "|---|---|---|---|",
      ...signals.map(
        (signal) => `| \`${signal.name}\` | ${signal.unit} | ${signal.meaning} | ${computedFrom(signal)} |`,
      ),
      "",
    ]),
  ]
    .join("\n")
    .replace(/\n+$/, "\n");
}

function computedFrom(signal: Signal): string {
  if (typeof signal.expression === "string") return `\`${cell(signal.expression)}\``;
  return SUBSTRATES.flatMap((substrate) => {
    const expression = expressionOn(signal, substrate);
    return expression === undefined ? [] : [`${substrate}: \`${cell(expression)}\``];
  }).join("<br>");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

// Run as a program, this file writes the page and the heads: node components/observability/documentation.ts
if (import.meta.main) {
  const root = join(import.meta.dirname, "../..");
  await writeFile(join(root, signalsPath), signalsPage());
  for (const runbook of namedRunbooks()) {
    const path = join(root, runbookPath(runbook));
    const text = withHead(await readFile(path, "utf8"), runbook);
    if (text === undefined)
      throw new Error(
        `${path} has no mark where its head belongs; see components/observability/rendered/runbook-head.ts`,
      );
    await writeFile(path, text);
  }
}
