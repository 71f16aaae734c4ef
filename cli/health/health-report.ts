/** Health for people: processes that are not ready, lag of groups, records that need attention. */
import { relative } from "node:path";
import type { CommandContext } from "../context.ts";
import { colorsFor, renderTable } from "../terminal/output.ts";
import { formatAge } from "../terminal/quantities.ts";
import type { PlatformHealth } from "./platform-health.ts";

/** Writes to stdout. */
export function writeHealth(context: CommandContext, health: PlatformHealth): void {
  const colors = colorsFor(context.stdout, context.env);
  const write = (text: string): void => {
    context.stdout.write(`\n${text}\n`);
  };
  const waiting = Object.entries(health.readiness).filter(([, { ready }]) => !ready);
  if (waiting.length > 0)
    write(
      renderTable(
        [{ title: "NOT READY" }, { title: "REASON" }],
        waiting.map(([name, { reasons }]) => [colors.red(name), reasons.join("; ")]),
      ),
    );
  if (health.groups !== null && health.groups.length > 0)
    write(
      renderTable(
        [
          { title: "GROUP" },
          { title: "MEMBERS", align: "right" },
          { title: "LAG", align: "right" },
          { title: "TIME LAG", align: "right" },
          { title: "BEHIND IN" },
        ],
        health.groups.map(({ group, members, lag, timeLagSeconds, topics }) => [
          group,
          members === 0 ? colors.red("0") : String(members),
          String(lag),
          timeLagSeconds === null ? "?" : formatAge(timeLagSeconds * 1_000),
          topics.flatMap((topic) => (topic.lag > 0 ? [`${topic.topic} ${topic.lag}`] : [])).join(", "),
        ]),
      ),
    );
  const stuck = (health.stuck ?? []).filter(({ deadLetters, parked }) => deadLetters > 0 || parked > 0);
  if (stuck.length > 0)
    write(
      `${renderTable(
        [
          { title: "SERVICE" },
          { title: "DEAD-LETTER RECORDS", align: "right" },
          { title: "PARKED EVENTS", align: "right" },
        ],
        stuck.map(({ service, deadLetters, parked }) => [
          service,
          colors.red(String(deadLetters)),
          colors.red(String(parked)),
        ]),
      )}\n${colors.dim("npx kit dlt list, npx kit outbox list")}`,
    );
  else if (health.stuck !== null) write("No open dead-letter records, no parked events");
  if (health.alerts !== null && health.alerts.length > 0)
    write(
      renderTable(
        [
          { title: "ALERT" },
          { title: "SEVERITY" },
          { title: "OWNER" },
          { title: "SINCE" },
          { title: "SUMMARY" },
          { title: "RUNBOOK" },
        ],
        health.alerts.map(({ name, severity, owner, since, summary, runbook }) => [
          severity === "page" ? colors.red(name) : name,
          severity,
          owner,
          formatAge(context.now() - Date.parse(since)),
          summary,
          relative(context.projectDir, runbook),
        ]),
      ),
    );
  else if (health.alerts !== null) write("No alert fires");
  for (const line of health.unknown) write(colors.yellow(`Not known: ${line}`));
  write(
    renderTable(
      [{ title: "PAGE" }, { title: "URL" }],
      health.pages.map(({ name, url }) => [name, url]),
    ),
  );
}
