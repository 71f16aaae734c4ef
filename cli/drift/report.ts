/** The report of `kit drift` for people. */
import type { Deviation } from "../../components/plan/drift.ts";
import type { CommandContext } from "../context.ts";
import { colorsFor, renderTable } from "../terminal/output.ts";
import { forTerminal } from "../terminal/terminal-text.ts";
import type { DriftDocument } from "./drift.ts";

const SHOWN = 200;
const LONGEST = 60;

/** Writes the deviations as a table, then a line with the counts. */
export function writeDrift(context: CommandContext, document: DriftDocument): void {
  const { deviations, summary } = forTerminal(document);
  const colors = colorsFor(context.stdout, context.env);
  const paint: Readonly<Record<Deviation["class"], (text: string) => string>> = {
    differs: colors.yellow,
    missing: colors.red,
    undeclared: colors.cyan,
  };
  if (deviations.length > 0) {
    const rows = deviations
      .slice(0, SHOWN)
      .map((deviation) => [
        paint[deviation.class](deviation.class),
        deviation.kind,
        deviation.object,
        deviation.field ?? "",
        short(deviation.declared),
        short(deviation.live),
        deviation.owner ?? "",
        deviation.source === undefined ? "" : `${deviation.source.file}:${deviation.source.line}`,
      ]);
    const columns = ["class", "kind", "object", "field", "declared", "live", "owner", "declared at"].map((title) => ({
      title,
    }));
    context.stdout.write(`${renderTable(columns, rows)}\n`);
    if (deviations.length > SHOWN) context.stdout.write(`and ${deviations.length - SHOWN} more; --json has all\n`);
    context.stdout.write("\n");
  }
  const looked = `${summary.topics} topics, ${summary.acls} rules, ${summary.quotas} quotas, ${summary.users} users, ${summary.subjects === null ? "no registry" : `${summary.subjects} subjects`}`;
  const found =
    deviations.length === 0
      ? colors.green("as declared")
      : `${summary.differs} differ, ${summary.missing} missing, ${summary.undeclared} undeclared`;
  context.stdout.write(
    `${found} (${looked}; ${document.requests} requests to Kafka, ${(document.elapsedMs / 1_000).toFixed(1)} s)\n`,
  );
}

function short(text: string | undefined): string {
  if (text === undefined) return "";
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
