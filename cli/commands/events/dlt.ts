import type { CommandDefinition } from "../../command.ts";
import { flag, text } from "../../command.ts";
import type { CommandContext } from "../../context.ts";
import type { LetterRecord } from "../../dlt/letter-records.ts";
import type { Letter } from "../../dlt/letters.ts";
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
    const [{ openPlatform }, { readLetters }] = await Promise.all([
      import("../../platform/platform-access.ts"),
      import("../../dlt/letters.ts"),
    ]);
    checkUsage(action, ids, options);
    const access = await openPlatform(context);
    try {
      const group = text(options, "group");
      const letters = await readLetters(access, group);
      if (action === "list") return await list(context, letters, options);
      if (action === "show") return await show(context, access, letters, ids, options);
      return await resolve(context, access, action, letters, ids, options);
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

async function list(context: CommandContext, letters: readonly Letter[], options: Options): Promise<ExitCode> {
  const [{ listDocument, writeList }, { writeJson }] = await Promise.all([
    import("../../dlt/report.ts"),
    import("../../terminal/output.ts"),
  ]);
  if (flag(options, "json")) writeJson(context, listDocument(letters, flag(options, "all")));
  else writeList(context, letters, flag(options, "all"));
  return EXIT.good;
}

async function show(
  context: CommandContext,
  access: ServerAccess,
  letters: readonly Letter[],
  ids: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const [{ chooseLetters }, { readLetterRecords }, { readContent }, { letterDocument, writeLetter }, { writeJson }] =
    await Promise.all([
      import("../../dlt/letters.ts"),
      import("../../dlt/letter-records.ts"),
      import("../../dlt/content.ts"),
      import("../../dlt/report.ts"),
      import("../../terminal/output.ts"),
    ]);
  const [letter] = chooseLetters(letters, ids);
  if (letter === undefined) return EXIT.no;
  const record = (await readLetterRecords(access, [letter])).get(letter.letterId);
  const content = record === undefined ? undefined : await readContent(access.registry, record.value);
  if (flag(options, "json")) writeJson(context, letterDocument(letter, record, content));
  else writeLetter(context, letter, record, content);
  return EXIT.good;
}

async function resolve(
  context: CommandContext,
  access: PlatformAccess,
  action: "replay" | "discard",
  letters: readonly Letter[],
  ids: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const [
    { chooseLetters, needsWork },
    { readLetterRecords },
    work,
    { writeDryRun, writeReplayed },
    { writeJson },
    { progressReporter },
    { parseDuration },
    { readContracts },
    { userInfo },
  ] = await Promise.all([
    import("../../dlt/letters.ts"),
    import("../../dlt/letter-records.ts"),
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
  const wanted = allOpen ? letters.filter(({ state }) => needsWork(state)) : chooseLetters(letters, ids);
  for (const letter of wanted) work.checkResolvable(letter, again);
  const contracts = action === "replay" ? await readContracts(context, access.status.stack) : [];
  const records = action === "replay" ? await readLetterRecords(access, wanted) : new Map<string, LetterRecord>();
  // One record by id that can't be replayed refuses them all; --all-open skips such records and reports them.
  const foreign = action === "replay" ? wanted.filter((letter) => !work.isReplayable(letter, contracts)) : [];
  if (!allOpen) for (const letter of foreign) work.checkReplayable(letter, contracts);
  const gone =
    action === "replay" ? wanted.filter((letter) => !records.has(letter.letterId) && !foreign.includes(letter)) : [];
  if (gone.length > 0 && !allOpen)
    throw new KitError("KIT_DLT_RECORD_GONE", gone.map(({ letterId }) => letterId).join(", "));
  const chosen = work.inOrderOfOrigin(wanted.filter((letter) => !gone.includes(letter) && !foreign.includes(letter)));
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
    await work.discardLetters(access, chosen, { actor, again });
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
      return await work.replayLetters(access, chosen, records, {
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
