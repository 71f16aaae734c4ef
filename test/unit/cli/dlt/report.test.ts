import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import type { CommandContext } from "../../../../cli/context.ts";
import {
  deadLetterDocument,
  listDocument,
  writeDeadLetter,
  writeDryRun,
  writeList,
} from "../../../../cli/dlt/report.ts";
import { action, deadLetter, LETTER_ID, record } from "./sample-dead-letters.ts";

/** What is written to stdout, without a terminal. */
function written(write: (context: CommandContext) => void): string {
  const stdout = new PassThrough();
  const context = { stdout, stderr: new PassThrough(), env: {} } as unknown as CommandContext;
  write(context);
  stdout.end();
  return String(stdout.read() ?? "");
}

const OPEN = deadLetter();
const OTHER = deadLetter({
  letterId: "6f0c2a81-0000-8000-8000-000000000002",
  group: "inventory-service",
  ageMs: 3 * 86_400_000,
  message: `line one\n${"long ".repeat(40)}`,
});
const DONE = deadLetter({
  letterId: "7f0c2a81-0000-8000-8000-000000000003",
  state: "replayed",
  actions: [action({ reason: "the books are open" })],
});

describe("the list", () => {
  it("as a document counts what is open by group, and holds what was worked off only when asked", () => {
    expect(listDocument([OPEN, OTHER, DONE], false)).toEqual({
      letters: [OPEN, OTHER],
      summary: { shown: 2, open: 2, byGroup: { "payment-service": 1, "inventory-service": 1 } },
    });
    expect(listDocument([OPEN, OTHER, DONE], true)).toMatchObject({
      letters: [OPEN, OTHER, DONE],
      summary: { shown: 3, open: 2 },
    });
  });

  it("for people goes by group, one line a letter, with an id that the other commands take", () => {
    const text = written((context) => writeList(context, [OPEN, OTHER, DONE], false));
    expect(text.indexOf("inventory-service: 1 open")).toBeLessThan(text.indexOf("payment-service: 1 open"));
    expect(text).toContain("order-events/3@41");
    expect(text).toContain("3 d");
    expect(text).not.toContain("7f0c2a81");
    const row = text.split("\n").find((line) => line.startsWith("6f0c2a81"));
    expect(row).toMatch(/line one long .*…$/u);
    expect(text).toContain(`npx kit dlt show ${OPEN.letterId.slice(0, 13)}`);
  });

  it("says so when nothing is open", () => {
    expect(written((context) => writeList(context, [DONE], false))).toBe(
      "No open dead-letter records; 1 are resolved (--all shows them).\n",
    );
    expect(written((context) => writeList(context, [], false))).toBe("No open dead-letter records.\n");
  });
});

describe("one letter", () => {
  const content = {
    kind: "avro",
    schemaId: 7,
    record: "com.globalmart.events.OrderCreated",
    bytes: 6,
    value: { orderId: "o-1" },
  } as const;

  it("for people: the error with its fix, the record, its content, who did what, what can be done", () => {
    const text = written((context) => writeDeadLetter(context, { ...DONE }, record(), content));
    for (const part of [
      "Dead-letter record 7f0c2a81-0000-8000-8000-000000000003: replayed",
      "order-events, partition 3, offset 41",
      "after 5 attempts",
      "SVC_HANDLER_FAILED: the books are closed",
      "fix:",
      "payment-service.dlt, partition 0, offset 9",
      "key  order-1",
      '"orderId": "o-1"',
      "replay by operator, written to order-events/3@57: the books are open",
      "--again",
    ])
      expect(text).toContain(part);
  });

  it("whose record is gone says that it cannot be replayed", () => {
    expect(written((context) => writeDeadLetter(context, OPEN, undefined, undefined))).toContain(
      "it cannot be replayed",
    );
    expect(deadLetterDocument(OPEN, undefined, undefined)).toMatchObject({
      letterId: LETTER_ID,
      record: null,
      content: null,
    });
  });

  it("as a document holds headers by name and what can be done", () => {
    expect(deadLetterDocument(OPEN, record(), content)).toMatchObject({
      record: { topic: "payment-service.dlt", key: "order-1", headers: { "event-type": "order.created" } },
      content: { kind: "avro", value: { orderId: "o-1" } },
      next: [{ command: `npx kit dlt replay ${LETTER_ID} --dry-run` }, {}, {}],
    });
  });
});

describe("a dry run", () => {
  it("shows where each record would go, and that nothing was written", () => {
    const text = written((context) => writeDryRun(context, "replay", [OPEN], new Map([[LETTER_ID, record()]])));
    expect(text).toContain("order-events/3");
    expect(text).toContain("6 bytes, 5 headers");
    expect(text).toContain("nothing was written. 1 dead-letter record would be replayed");
    expect(written((context) => writeDryRun(context, "discard", [OPEN, OTHER], new Map()))).toContain(
      "2 dead-letter records would be discarded",
    );
  });
});
