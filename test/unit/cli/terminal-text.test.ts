import { PassThrough } from "node:stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CommandContext } from "../../../cli/context.ts";
import { deadLetterDocument, writeDeadLetter, writeDryRun, writeList, writeReplayed } from "../../../cli/dlt/report.ts";
import type { DriftDocument } from "../../../cli/drift/drift.ts";
import { writeDrift } from "../../../cli/drift/report.ts";
import { renderTable, writeError, writeJson } from "../../../cli/terminal/output.ts";
import { progressReporter } from "../../../cli/terminal/progress.ts";
import {
  colouredText,
  forTerminal,
  guardedTerminal,
  terminalLines,
  terminalText,
} from "../../../cli/terminal/terminal-text.ts";
import type { Deviation } from "../../../components/plan/drift.ts";
import { action, deadLetter, LETTER_ID, record } from "./dlt/sample-dead-letters.ts";

/** Sets the clipboard, clears the screen, hides what follows, turns the direction round, begins a control sequence in one character, ends the line. */
const HOSTILE =
  "\u001b]52;c;cm0gLXJmIH4=\u0007\u001b[2J\u001b[8m\u202Eevil\u2066\u009b31m\u0000\u2028\r\nforged line\u200b\u{E0041}";
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
const CONTROL_BUT_LINE_END = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
/** Colours, as picocolors writes them. */
const COLOUR = /\u001b\[\d{1,2}m/gu;

/** What is written to both streams; on a terminal it is coloured. */
async function written(write: (context: CommandContext) => unknown, terminal = false): Promise<string> {
  const stream = Object.assign(new PassThrough(), { isTTY: terminal });
  await write({ stdout: stream, stderr: stream, env: {}, now: () => 0 } as unknown as CommandContext);
  stream.end();
  return String(stream.read() ?? "");
}

const hostileDeadLetter = deadLetter({
  group: HOSTILE,
  eventType: HOSTILE,
  eventId: HOSTILE,
  code: HOSTILE,
  message: HOSTILE,
  origin: { topic: HOSTILE, partition: 0, offset: "1" },
  replayOf: HOSTILE,
  actions: [action({ actor: HOSTILE, reason: HOSTILE, written: { topic: HOSTILE, partition: 0, offset: "1" } })],
});
const hostileRecord = record({
  topic: HOSTILE,
  key: Buffer.from(HOSTILE),
  headers: [[HOSTILE, Buffer.from(HOSTILE)]],
  value: Buffer.from(HOSTILE),
});
const records = new Map([[LETTER_ID, hostileRecord]]);
const deviation = {
  class: "differs",
  kind: "topic",
  object: HOSTILE,
  field: HOSTILE,
  declared: HOSTILE,
  live: HOSTILE,
  owner: HOSTILE,
} as Deviation;
const drifted: DriftDocument = {
  stack: "local",
  drifted: true,
  deviations: [deviation],
  requests: 1,
  elapsedMs: 1,
  summary: { differs: 1, missing: 0, undeclared: 0, topics: 1, acls: 0, quotas: 0, users: 0, subjects: null },
};

const REPORTS: readonly (readonly [string, (context: CommandContext) => unknown])[] = [
  ["the list of dead-letter records", (context) => writeList(context, [hostileDeadLetter], true)],
  [
    "a dead-letter record with its record",
    (context) =>
      writeDeadLetter(context, hostileDeadLetter, hostileRecord, {
        kind: "avro",
        schemaId: 1,
        record: HOSTILE,
        bytes: 1,
        value: { [HOSTILE]: HOSTILE },
      }),
  ],
  [
    "a dead-letter record that cannot be decoded",
    (context) =>
      writeDeadLetter(context, hostileDeadLetter, hostileRecord, {
        kind: "undecodable",
        bytes: 1,
        why: HOSTILE,
        hex: "00",
      }),
  ],
  ["a dry run", (context) => writeDryRun(context, "replay", [hostileDeadLetter], records)],
  [
    "replays",
    (context) =>
      writeReplayed(
        context,
        [{ letter: hostileDeadLetter, topic: HOSTILE, partition: 0, offset: "1" }],
        new Map([[LETTER_ID, { outcome: "failed-again", letterId: HOSTILE, code: HOSTILE, message: HOSTILE }]]),
      ),
  ],
  ["drift", (context) => writeDrift(context, drifted)],
  [
    "an error",
    (context) =>
      writeError(
        context,
        { code: "KIT_SERVER_UNREACHABLE", message: HOSTILE, fix: HOSTILE, exitCode: 1, expected: true },
        new Error(HOSTILE),
      ),
  ],
  ["progress", (context) => progressReporter(context).step("a step", async (say) => say(HOSTILE))],
  ["a table", (context) => context.stdout.write(renderTable([{ title: "" }], [[forTerminal(HOSTILE)]]))],
];

describe("what others wrote", () => {
  it.each(REPORTS)("reaches no terminal as a control character: %s", async (_, write) => {
    const plain = await written(write);
    expect(plain).toContain("\\u001b]52;c;");
    expect(plain).not.toMatch(CONTROL_BUT_LINE_END);
    expect(plain.split("\n").filter((line) => line.startsWith("forged line"))).toHaveLength(
      plain.startsWith("error") ? 2 : 0,
    );
    const coloured = await written(write, true);
    expect(coloured.replaceAll(COLOUR, "")).not.toMatch(CONTROL_BUT_LINE_END);
  });

  it("stays exact in JSON, which spells control characters", async () => {
    const json = await written((context) =>
      writeJson(context, deadLetterDocument(hostileDeadLetter, hostileRecord, undefined)),
    );
    expect(json).not.toMatch(CONTROL_BUT_LINE_END);
    expect(JSON.parse(json)).toMatchObject({
      message: HOSTILE,
      record: { key: HOSTILE, headers: { [HOSTILE]: HOSTILE } },
    });
  });

  it("can be read where it is harmless, and stays in its line", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.constantFrom("", HOSTILE, "\n", "\ud800"), (text, hostile) => {
        const shown = terminalText(text + hostile);
        expect(shown).not.toMatch(CONTROL);
        if (!CONTROL.test(text)) expect(shown.startsWith(text)).toBe(true);
        expect(terminalLines(text + hostile)).not.toMatch(CONTROL_BUT_LINE_END);
        expect(JSON.parse(JSON.stringify(forTerminal({ [text]: [hostile] })))).toEqual({
          [terminalText(text)]: [terminalText(hostile)],
        });
      }),
    );
    expect(terminalText("Zürich, 東京, €5 \\ ok")).toBe("Zürich, 東京, €5 \\ ok");
  });

  it("brings no control character but colours into a table's cells", () => {
    expect(colouredText(`\u001b[31mred\u001b[39m \u001b[2J\u001b]0;title\u0007`)).toBe(
      "\u001b[31mred\u001b[39m \\u001b[2J\\u001b]0;title\\u0007",
    );
  });

  it("leaves bytes and dates in a document alone", () => {
    const at = new Date(0);
    const key = Buffer.from("\u001b");
    expect(forTerminal({ at, key, none: undefined, nothing: null })).toEqual({
      at,
      key,
      none: undefined,
      nothing: null,
    });
  });
});

describe("a guarded terminal", () => {
  const stream = (isTTY: boolean): PassThrough & NodeJS.WriteStream =>
    Object.assign(new PassThrough(), { isTTY, columns: 80 }) as unknown as PassThrough & NodeJS.WriteStream;

  it("obeys colours and the drawing of steps, and nothing else", () => {
    const terminal = stream(true);
    const guarded = guardedTerminal(terminal);
    expect(guarded.write(`\u001b[?25l\u001b[2K\u001b[1A\u001b[1G\u001b[32mdone\u001b[39m\n${HOSTILE}`)).toBe(true);
    const text = String(terminal.read());
    expect(text.startsWith("\u001b[?25l\u001b[2K\u001b[1A\u001b[1G\u001b[32mdone\u001b[39m\n")).toBe(true);
    expect(text).toContain("\\u001b]52;c;cm0gLXJmIH4=\\u0007");
    expect(text).not.toMatch(/\u001b\]|\u009b|\u202e|\u0000/u);
  });

  it("is the stream in all else; what is no terminal gets its bytes as they are", () => {
    const terminal = stream(true);
    const guarded = guardedTerminal(terminal);
    expect(guarded.columns).toBe(80);
    let heard = 0;
    guarded.on("resize", () => {
      heard += 1;
    });
    terminal.emit("resize");
    expect(heard).toBe(1);
    const file = stream(false);
    expect(guardedTerminal(file)).toBe(file);
  });
});
