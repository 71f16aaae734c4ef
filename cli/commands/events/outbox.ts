import type { CommandDefinition } from "../../command.ts";
import { flag, text } from "../../command.ts";
import type { CommandContext } from "../../context.ts";
import type { ExitCode } from "../../errors.ts";
import { EXIT, KitError } from "../../errors.ts";
import type { ParkedEvent } from "../../outbox/parked-events.ts";
import type { ServerAccess } from "../../platform/platform-access.ts";

type Options = Readonly<Record<string, unknown>>;

const ACTIONS = ["list", "show", "retry", "discard"] as const;
type Action = (typeof ACTIONS)[number];

/** `kit outbox`. */
export const outbox: CommandDefinition = {
  configure: (command) =>
    command
      .argument("<action>", ACTIONS.join(", "))
      .argument("[events...]", "ids of events, or unique prefixes of at least 6 characters")
      .option("--service <service>", "events of one service")
      .option("--all", "list: include retried and discarded events")
      .option("--all-parked", "retry: every parked event of --service")
      .option("--reason <text>", "discard: reason for the audit trail (optional for retry)")
      .option("--dry-run", "retry, discard: show what the command would do, write nothing")
      .option("--wait <duration>", "retry: how long to wait for its outcome", "10s")
      .option("--json", "print a document: {events, summary} | the event | {dryRun, results}")
      .addHelpText(
        "after",
        `
list     lists parked events by service: age, topic, key, size, code, number of events that wait behind each
show     shows one event: headers, decoded content, the error with its fix, the audit trail, possible actions
retry    puts an event back into the outbox at its old position; later events of its key stay behind it
discard  discards an event, with a reason; the events behind it are published
The service's table outbox_actions keeps every retry and discard.
Exit code 1 when an event is no longer parked, or was parked again. docs/guide/parked-events.md.`,
      ),
  examples: [
    "npx kit outbox list",
    "npx kit outbox show 0198c1de-5d0a",
    "npx kit outbox retry --service order-service --all-parked",
    'npx kit outbox discard 0198c1de-5d0a --reason "the attachment was sent by mail"',
  ],
  async run(context, options, args) {
    const [action, ...ids] = args;
    if (!isAction(action))
      throw new KitError("KIT_USAGE", `${JSON.stringify(action ?? "")} is none of ${ACTIONS.join(", ")}.`);
    checkUsage(action, ids, options);
    const [{ openPlatform }, { readParkedEvents }] = await Promise.all([
      import("../../platform/platform-access.ts"),
      import("../../outbox/parked-events.ts"),
    ]);
    const access = await openPlatform(context);
    try {
      return await runOutbox(
        context,
        access,
        action,
        await readParkedEvents(access, text(options, "service")),
        ids,
        options,
      );
    } finally {
      await access.close();
    }
  },
};

/** Does the work of `kit outbox` with connections that are open. */
export async function runOutbox(
  context: CommandContext,
  access: ServerAccess,
  action: Action,
  events: readonly ParkedEvent[],
  ids: readonly string[],
  options: Options,
): Promise<ExitCode> {
  if (action === "list") return await list(context, events, options);
  if (action === "show") return await show(context, access, events, ids, options);
  return await resolve(context, access, action, events, ids, options);
}

function isAction(value: string | undefined): value is Action {
  return ACTIONS.some((action) => action === value);
}

/** Reports wrong arguments before the command opens any connection. */
function checkUsage(action: Action, ids: readonly string[], options: Options): void {
  const wrong = (message: string): never => {
    throw new KitError("KIT_USAGE", message);
  };
  const allParked = flag(options, "allParked");
  if (action === "list" && ids.length > 0) wrong("list takes no events; `kit outbox show EVENT` shows one.");
  if (action === "show" && ids.length !== 1) wrong("show takes one event.");
  if (action === "retry" && ids.length === 0 && !allParked)
    wrong("retry needs events, or --service SERVICE --all-parked.");
  if (action === "discard" && ids.length === 0) wrong("discard needs events.");
  if (action === "discard" && (text(options, "reason") ?? "").trim() === "")
    wrong("discard needs --reason TEXT: it stays in the audit trail.");
  if (allParked && (action !== "retry" || ids.length > 0 || text(options, "service") === undefined))
    wrong("--all-parked goes with `retry --service SERVICE` and without events.");
}

async function list(context: CommandContext, events: readonly ParkedEvent[], options: Options): Promise<ExitCode> {
  const [{ listDocument, writeList }, { writeJson }] = await Promise.all([
    import("../../outbox/report.ts"),
    import("../../terminal/output.ts"),
  ]);
  if (flag(options, "json")) writeJson(context, listDocument(events, flag(options, "all")));
  else writeList(context, events, flag(options, "all"));
  return EXIT.good;
}

async function show(
  context: CommandContext,
  access: ServerAccess,
  events: readonly ParkedEvent[],
  ids: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const [
    { chooseEvents, readParkedRecord },
    { readContent },
    { eventDocument, recordValue, writeEvent },
    { writeJson },
  ] = await Promise.all([
    import("../../outbox/parked-events.ts"),
    import("../../dlt/content.ts"),
    import("../../outbox/report.ts"),
    import("../../terminal/output.ts"),
  ]);
  const [event] = chooseEvents(events, ids);
  if (event === undefined) return EXIT.no;
  const record = event.state === "parked" ? await readParkedRecord(access, event) : undefined;
  const value = record === undefined ? undefined : recordValue(record);
  const content = value === undefined ? undefined : await readContent(access.registry, value);
  if (flag(options, "json")) writeJson(context, eventDocument(event, record, content));
  else writeEvent(context, event, record, content);
  return EXIT.good;
}

async function resolve(
  context: CommandContext,
  access: ServerAccess,
  action: "retry" | "discard",
  events: readonly ParkedEvent[],
  ids: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const [
    { chooseEvents },
    work,
    { writeDryRun, writeRetried },
    { writeJson },
    { progressReporter },
    { parseDuration },
    { userInfo },
  ] = await Promise.all([
    import("../../outbox/parked-events.ts"),
    import("../../outbox/resolve.ts"),
    import("../../outbox/report.ts"),
    import("../../terminal/output.ts"),
    import("../../terminal/progress.ts"),
    import("../../terminal/quantities.ts"),
    import("node:os"),
  ]);
  const json = flag(options, "json");
  const waitMs = parseDuration(text(options, "wait") ?? "10s");
  const chosen = flag(options, "allParked")
    ? events.filter(({ state }) => state === "parked")
    : chooseEvents(events, ids);
  for (const event of chosen) work.checkParked(event);
  const resultsWith = (outcomeOf: (event: ParkedEvent) => string): readonly object[] =>
    chosen.map((event) => ({ eventId: event.eventId, service: event.service, outcome: outcomeOf(event) }));

  if (flag(options, "dryRun")) {
    if (json) writeJson(context, { dryRun: true, results: resultsWith(() => `would-${action}`) });
    else writeDryRun(context, action, chosen);
    return EXIT.good;
  }
  const reason = text(options, "reason");
  await work.resolveEvents(access, chosen, action, {
    name: userInfo().username,
    ...(reason === undefined ? {} : { reason }),
  });
  if (action === "discard" || chosen.length === 0) {
    if (json) writeJson(context, { dryRun: false, results: resultsWith(() => "discarded") });
    else
      context.stdout.write(
        chosen.length === 0
          ? "No parked events to retry.\n"
          : `${chosen.length} ${chosen.length === 1 ? "event" : "events"} discarded.\n`,
      );
    return EXIT.good;
  }
  const aftermaths = await progressReporter(context).step(
    `Waiting for ${chosen.length} ${chosen.length === 1 ? "event" : "events"} to be published`,
    async () => await work.awaitAftermath(access, chosen, waitMs),
  );
  if (json)
    writeJson(context, {
      dryRun: false,
      results: resultsWith(({ eventId }) => aftermaths.get(eventId) ?? "not-taken-up"),
    });
  else writeRetried(context, chosen, aftermaths);
  return [...aftermaths.values()].includes("parked-again") ? EXIT.no : EXIT.good;
}
