/** Output of `kit erase` for people and programs. */
import type { CommandContext } from "../context.ts";
import { colorsFor, renderTable } from "../terminal/output.ts";
import { forTerminal } from "../terminal/terminal-text.ts";
import type { Erasure } from "./erasure.ts";
import type { KeptTopic } from "./kept-records.ts";

const DAY_MS = 86_400_000;

/** A topic with the time after which it contains nothing that was written until now. */
export interface KeptUntil extends KeptTopic {
  /** ISO 8601; null: not removed by time. */
  readonly until: string | null;
}

/** Document of `kit erase --json`. */
export interface ErasureDocument extends Erasure {
  readonly customer: string;
  /** Topics whose records are not erased but removed by their retention. */
  readonly topics: readonly KeptUntil[];
}

/** The document of an erasure at a time (milliseconds since the epoch). */
export function erasureDocument(
  customer: string,
  erasure: Erasure,
  topics: readonly KeptTopic[],
  now: number,
): ErasureDocument {
  return {
    customer,
    ...erasure,
    topics: topics.map((topic) => ({
      ...topic,
      until: topic.keptMs === null ? null : new Date(now + topic.keptMs).toISOString(),
    })),
  };
}

/** Writes what was erased, what is kept and why, and the next steps. */
export function writeErasure(context: CommandContext, made: ErasureDocument): void {
  const document = forTerminal(made);
  const { stdout } = context;
  const colors = colorsFor(stdout, context.env);
  const { dryRun, complete, underWay, services, topics, customer } = document;
  const tables = services.flatMap(({ service, tables: ofService }) =>
    ofService.map((table) => ({ service, ...table })),
  );
  const columns = (titles: readonly string[]) =>
    titles.map((title) => ({ title, ...(title === "ROWS" || title === "LEFT" ? { align: "right" as const } : {}) }));
  stdout.write(
    `${colors.bold(dryRun ? "Would be erased" : "Erased")}\n${renderTable(
      columns(["SERVICE", "TABLE", "HOLDS", "COLUMNS", "ROWS", "LEFT"]),
      tables.map(({ service, table, holds, columns: overwritten, erased, left }) => [
        service,
        table,
        holds,
        overwritten.join(", "),
        String(erased),
        left === 0 ? "0" : colors.yellow(String(left)),
      ]),
    )}\n`,
  );
  const none = services
    .filter(({ declared, tables: ofService }) => declared && ofService.length === 0)
    .map(({ service }) => service);
  if (none.length > 0) stdout.write(`Nothing personal by declaration: ${none.join(", ")}\n`);
  for (const { service } of services.filter(({ declared }) => !declared))
    stdout.write(
      `${colors.red("not looked at")}: ${service} does not declare what it holds; add personalData to its template.yaml\n`,
    );

  stdout.write(
    `\n${colors.bold("Kept")}\n${renderTable(
      columns(["SERVICE", "TABLE", "WHAT", "WHY", "HOW LONG"]),
      tables.map(({ service, table, keeps, because, keptFor }) => [service, table, keeps, because, keptFor]),
    )}\n`,
  );
  if (topics.length > 0) {
    stdout.write(
      `\n${colors.bold("Kept in Kafka until its retention is over and its segment is deleted")}\n${renderTable(
        columns(["TOPIC", "FIELDS", "RETENTION", "GONE BY"]),
        topics.map(({ topic, fields, retentionMs, until }) => [
          topic,
          fields.join(", "),
          retentionMs === null ? colors.yellow("none") : `${Math.round((retentionMs / DAY_MS) * 10) / 10} d`,
          until ?? colors.yellow("not by time"),
        ]),
      )}\n`,
    );
  }
  if (underWay.length > 0) {
    stdout.write(
      `\n${colors.yellow(`${underWay.length} under way`)}, which still need what they hold: ${underWay.slice(0, 5).join(", ")}${underWay.length > 5 ? " and others" : ""}\n`,
    );
  }
  const erased = tables.reduce((sum, table) => sum + table.erased, 0);
  if (dryRun)
    stdout.write(
      `\nDry run: nothing was changed. To erase: npx kit erase --customer ${JSON.stringify(customer)} --apply\n`,
    );
  else stdout.write(`\n${erased} rows were changed; the tables erasures say so (erasure ${document.erasureId}).\n`);
  if (!complete)
    stdout.write(`${colors.yellow("Not complete")}: run it again when the orders in progress are finished.\n`);
}
