import type { CommandDefinition } from "../../command.ts";
import { flag, text } from "../../command.ts";
import type { CommandContext } from "../../context.ts";
import type { DeadLetterRecord } from "../../dlt/dead-letter-records.ts";
import type { DeadLetter } from "../../dlt/dead-letters.ts";
import type { ExitCode } from "../../errors.ts";
import { EXIT, KitError } from "../../errors.ts";
import type { PlatformAccess, ServerAccess } from "../../platform/platform-access.ts";
import { terminalText } from "../../terminal/terminal-text.ts";

type Options = Readonly<Record<string, unknown>>;

const ACTIONS = ["list", "show", "replay", "discard"] as const;
type Action = (typeof ACTIONS)[number];

/** `kit dlt`. */
export const dlt: CommandDefinition = {
  configure: (command) =>
    command
      .argument("<action>", ACTIONS.join(", "))
      .argument("[records...]", "ids of dead-letter records, or unique prefixes of at least 6 characters")
      .option("--group <group>", "records of one consumer group")
      .option("--all", "list: include replayed and discarded records")
      .option("--all-open", "replay: every open record of --group")
      .option("--reason <text>", "discard: reason for the audit trail (optional for replay)")
      .option("--again", "replay, discard: include records that were already replayed or discarded")
      .option("--dry-run", "replay, discard: show what the command would do, write nothing")
      .option("--wait <duration>", "replay: how long to wait for its outcome", "10s")
      .option("--json", "print a document: {letters, summary} | one record | {dryRun, results}")
      .addHelpText(
        "after",
        `
list     lists open dead-letter records by group: age, origin, event, code, attempts
show     shows one record: headers, decoded content, the error with its fix, the audit trail, possible actions
replay   writes the original record to its topic, partition and key again, for that group only
discard  discards a record, with a reason
A replay writes only to topics that the group consumes, as platform-replayer. The service's table dead_letter_actions
keeps every replay and discard. Repeating a replay is harmless: the group's inbox applies an event once.
Exit code 1 when a record was already resolved, is gone, names a topic that its group does not consume, or its replay failed
again. docs/guide/dead-letters.md.`,
      ),
  examples: [
    "npx kit dlt list",
    "npx kit dlt show 5f0c2a81",
    "npx kit dlt replay --group payment-service --all-open --dry-run",
    'npx kit dlt discard 5f0c2a81 --reason "test data of the migration"',
  ],
  async run(context, options, args) {
    const [action, ...ids] = args;
    if (!isAction(action))
      throw new KitError("KIT_USAGE", `${JSON.stringify(action ?? "")} is none of ${ACTIONS.join(", ")}.`);
    const [{ openPlatform }, { readDeadLetters }] = await Promise.all([
      import("../../platform/platform-access.ts"),
      import("../../dlt/dead-letters.ts"),
    ]);
    checkUsage(action, ids, options);
    const access = await openPlatform(context);
    try {
      const group = text(options, "group");
      const deadLetters = await readDeadLetters(access, group);
      if (action === "list") return await list(context, deadLetters, options);
      if (action === "show") return await show(context, access, deadLetters, ids, options);
      return await resolve(context, access, action, deadLetters, ids, options);
    } finally {
      await access.close();
    }
  },
};

function isAction(value: string | undefined): value is Action {
  return ACTIONS.some((action) => action === value);
}

/** Reports wrong arguments before the command opens any connection. */
function checkUsage(action: Action, ids: readonly string[], options: Options): void {
  const wrong = (message: string): never => {
    throw new KitError("KIT_USAGE", message);
  };
  const allOpen = flag(options, "allOpen");
  if (action === "list" && ids.length > 0) wrong("list takes no records; `kit dlt show RECORD` shows one.");
  if (action === "show" && ids.length !== 1) wrong("show takes one record.");
  if (action === "replay" && ids.length === 0 && !allOpen) wrong("replay needs records, or --group GROUP --all-open.");
  if (action === "discard" && ids.length === 0) wrong("discard needs records.");
  if (action === "discard" && (text(options, "reason") ?? "").trim() === "")
    wrong("discard needs --reason TEXT: it stays in the audit trail.");
  if (allOpen && (action !== "replay" || ids.length > 0 || text(options, "group") === undefined))
    wrong("--all-open goes with `replay --group GROUP` and without records.");
}

async function list(context: CommandContext, deadLetters: readonly DeadLetter[], options: Options): Promise<ExitCode> {
  const [{ listDocument, writeList }, { writeJson }] = await Promise.all([
    import("../../dlt/report.ts"),
    import("../../terminal/output.ts"),
  ]);
  if (flag(options, "json")) writeJson(context, listDocument(deadLetters, flag(options, "all")));
  else writeList(context, deadLetters, flag(options, "all"));
  return EXIT.good;
}

async function show(
  context: CommandContext,
  access: ServerAccess,
  deadLetters: readonly DeadLetter[],
  ids: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const [
    { chooseDeadLetters },
    { readDeadLetterRecords },
    { readContent },
    { deadLetterDocument, writeDeadLetter },
    { writeJson },
  ] = await Promise.all([
    import("../../dlt/dead-letters.ts"),
    import("../../dlt/dead-letter-records.ts"),
    import("../../dlt/content.ts"),
    import("../../dlt/report.ts"),
    import("../../terminal/output.ts"),
  ]);
  const [deadLetter] = chooseDeadLetters(deadLetters, ids);
  if (deadLetter === undefined) return EXIT.no;
  const record = (await readDeadLetterRecords(access, [deadLetter])).get(deadLetter.letterId);
  const content = record === undefined ? undefined : await readContent(access.registry, record.value);
  if (flag(options, "json")) writeJson(context, deadLetterDocument(deadLetter, record, content));
  else writeDeadLetter(context, deadLetter, record, content);
  return EXIT.good;
}

async function resolve(
  context: CommandContext,
  access: PlatformAccess,
  action: "replay" | "discard",
  deadLetters: readonly DeadLetter[],
  ids: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const [
    { chooseDeadLetters, needsWork },
    { readDeadLetterRecords },
    work,
    { writeDryRun, writeReplayed },
    { writeJson },
    { progressReporter },
    { parseDuration },
    { readContracts },
    { userInfo },
  ] = await Promise.all([
    import("../../dlt/dead-letters.ts"),
    import("../../dlt/dead-letter-records.ts"),
    import("../../dlt/resolve.ts"),
    import("../../dlt/report.ts"),
    import("../../terminal/output.ts"),
    import("../../terminal/progress.ts"),
    import("../../terminal/quantities.ts"),
    import("../../verify/topology.ts"),
    import("node:os"),
  ]);
  const json = flag(options, "json");
  const again = flag(options, "again");
  const waitMs = parseDuration(text(options, "wait") ?? "10s");
  const allOpen = flag(options, "allOpen");
  const wanted = allOpen ? deadLetters.filter(({ state }) => needsWork(state)) : chooseDeadLetters(deadLetters, ids);
  for (const deadLetter of wanted) work.checkResolvable(deadLetter, again);
  const contracts = action === "replay" ? await readContracts(context, access.status.stack) : [];
  const records =
    action === "replay" ? await readDeadLetterRecords(access, wanted) : new Map<string, DeadLetterRecord>();
  // One record by id that can't be replayed refuses them all; --all-open skips such records and reports them.
  const foreign = action === "replay" ? wanted.filter((deadLetter) => !work.isReplayable(deadLetter, contracts)) : [];
  if (!allOpen) for (const deadLetter of foreign) work.checkReplayable(deadLetter, contracts);
  const gone =
    action === "replay"
      ? wanted.filter((deadLetter) => !records.has(deadLetter.letterId) && !foreign.includes(deadLetter))
      : [];
  if (gone.length > 0 && !allOpen)
    throw new KitError("KIT_DLT_RECORD_GONE", gone.map(({ letterId }) => letterId).join(", "));
  const chosen = work.inOrderOfOrigin(
    wanted.filter((deadLetter) => !gone.includes(deadLetter) && !foreign.includes(deadLetter)),
  );
  for (const { letterId } of gone)
    context.stderr.write(`skipped: record ${letterId} is no longer in its dead-letter topic; discard it\n`);
  for (const { letterId, group, origin } of foreign)
    context.stderr.write(
      `skipped: ${letterId} names the topic ${terminalText(origin.topic)}, which ${group} does not consume\n`,
    );
  const refused = (
    [
      [gone, "gone"],
      [foreign, "foreign-topic"],
    ] as const
  ).flatMap(([left, outcome]) => left.map(({ letterId, group }) => ({ letterId, group, outcome })));

  if (flag(options, "dryRun")) {
    const results = chosen.map(({ letterId, group, origin }) => ({
      letterId,
      group,
      outcome: `would-${action}`,
      ...(action === "replay" ? { topic: origin.topic, partition: origin.partition } : {}),
    }));
    if (json) writeJson(context, { dryRun: true, results: [...results, ...refused] });
    else writeDryRun(context, action, chosen, records);
    return refused.length === 0 ? EXIT.good : EXIT.no;
  }

  const reason = text(options, "reason");
  const actor = { name: userInfo().username, ...(reason === undefined ? {} : { reason }) };
  if (action === "discard") {
    await work.discardDeadLetters(access, chosen, { actor, again });
    if (json)
      writeJson(context, {
        dryRun: false,
        results: chosen.map(({ letterId, group }) => ({ letterId, group, outcome: "discarded" })),
      });
    else
      context.stdout.write(
        `${chosen.length} dead-letter ${chosen.length === 1 ? "record" : "records"} discarded by ${actor.name}.\n`,
      );
    return EXIT.good;
  }
  if (chosen.length === 0) {
    if (json) writeJson(context, { dryRun: false, results: refused });
    else context.stdout.write("No open dead-letter records to replay.\n");
    return refused.length === 0 ? EXIT.good : EXIT.no;
  }
  const progress = progressReporter(context);
  const replayed = await progress.step(
    `Replaying ${chosen.length} dead-letter ${chosen.length === 1 ? "record" : "records"}`,
    async (say) => {
      let count = 0;
      return await work.replayDeadLetters(access, chosen, records, {
        contracts,
        actor,
        again,
        onReplayed: () => say(`${(count += 1)} of ${chosen.length} written`),
      });
    },
  );
  const aftermaths = await progress.step(
    "Waiting for the outcome",
    async () => await work.awaitAftermath(access, replayed, waitMs),
  );
  if (json) {
    const results = replayed.map(({ letter, topic, partition, offset }) => ({
      letterId: letter.letterId,
      group: letter.group,
      topic,
      partition,
      offset,
      outcome: "replayed",
      aftermath: aftermaths.get(letter.letterId),
    }));
    writeJson(context, { dryRun: false, results: [...results, ...refused] });
  } else writeReplayed(context, replayed, aftermaths);
  const failed = [...aftermaths.values()].some(({ outcome }) => outcome === "failed-again");
  return failed || refused.length > 0 ? EXIT.no : EXIT.good;
}
