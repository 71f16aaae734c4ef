/** Generates the part of a runbook that follows from the alerts that name it. Pure. */
import type { Alert } from "../alert.ts";
import { ALERTS } from "../alerts/catalogue.ts";

const BEGIN = "<!-- alerts: made from components/observability/alerts -->";
const END = "<!-- /alerts -->";
const MADE = new RegExp(`${BEGIN}\n[^]*?${END}`);

/** Returns the names of all runbooks that alerts name, sorted. */
export function namedRunbooks(): readonly string[] {
  return [...new Set(ALERTS.map(({ runbook }) => runbook))].toSorted();
}

/** Returns a table of the alerts that name a runbook, with how to reproduce each on one machine. */
export function runbookHead(runbook: string): string {
  const alerts = ALERTS.filter((alert) => alert.runbook === runbook);
  const rows = alerts.map(
    (alert) =>
      `| ${alert.name} | ${alert.severity} | ${owner(alert)} | \`${alert.expression}\` | ${alert.for === "0s" ? "at once" : alert.for} |`,
  );
  const reproductions = alerts.map(({ name, reproduce }) =>
    "scenario" in reproduce
      ? `- ${name}: \`npx kit chaos --scenario ${reproduce.scenario}\``
      : `- ${name}: no command; ${reproduce.none}`,
  );
  return [
    BEGIN,
    "| alert | severity | who is called | fires when | after |",
    "|---|---|---|---|---|",
    ...rows,
    "",
    "Reproduce on one machine:",
    ...reproductions,
    END,
  ].join("\n");
}

/** Returns a runbook's text with an updated head; undefined if it has no mark for the head. */
export function withHead(text: string, runbook: string): string | undefined {
  return MADE.test(text) ? text.replace(MADE, () => runbookHead(runbook)) : undefined;
}

function owner({ owner: by }: Alert): string {
  switch (by) {
    case "platform":
      return "platform team";
    case "consumergroup":
      return "owner of the group";
    default:
      return `owner of the ${by}`;
  }
}
