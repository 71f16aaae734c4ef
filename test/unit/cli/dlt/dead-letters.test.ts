import { ERRORS } from "@event-platform-kit/service/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { adviceFor, nextSteps } from "../../../../cli/dlt/advice.ts";
import { replayHeaders } from "../../../../cli/dlt/dead-letter-records.ts";
import type { DeadLetterState } from "../../../../cli/dlt/dead-letters.ts";
import { chooseDeadLetters, needsWork, stateOf } from "../../../../cli/dlt/dead-letters.ts";
import { checkResolvable, inOrderOfOrigin } from "../../../../cli/dlt/resolve.ts";
import { action, deadLetter, LETTER_ID, record } from "./sample-dead-letters.ts";

describe("where a letter stands", () => {
  const failed = (at: string): { readonly failed_at: Date } => ({ failed_at: new Date(at) });
  it.each<[string, Parameters<typeof stateOf>, DeadLetterState]>([
    ["nothing was done", [[], undefined], "open"],
    ["its record was written", [[action()], undefined], "replayed"],
    ["a replay was begun and never confirmed", [[action({ written: undefined })], undefined], "in-doubt"],
    [
      "a confirmed replay after one in doubt",
      [[action({ written: undefined, at: "2026-01-01T00:00:30.000Z" }), action()], undefined],
      "replayed",
    ],
    ["discarded", [[action({ action: "discard", written: undefined })], undefined], "discarded"],
    [
      "discarded after a replay that failed",
      [
        [action(), action({ action: "discard", written: undefined, at: "2026-01-01T00:05:00.000Z" })],
        failed("2026-01-01T00:02:00.000Z"),
      ],
      "discarded",
    ],
    ["its replay came back as another letter", [[action()], failed("2026-01-01T00:01:01.000Z")], "failed-again"],
    [
      "replayed again since then",
      [[action(), action({ at: "2026-01-01T00:03:00.000Z" })], failed("2026-01-01T00:01:01.000Z")],
      "replayed",
    ],
    [
      "begun, in doubt, and yet it came back",
      [[action({ written: undefined })], failed("2026-01-01T00:01:01.000Z")],
      "failed-again",
    ],
  ])("%s", (_, [actions, successor], state) => {
    expect(stateOf(actions, successor)).toBe(state);
  });

  it("asks for somebody while it is open or in doubt, and then only lets it be worked on", () => {
    const states: readonly DeadLetterState[] = ["open", "in-doubt", "replayed", "failed-again", "discarded"];
    expect(states.filter(needsWork)).toEqual(["open", "in-doubt"]);
    for (const state of states) {
      const work = (again: boolean) => () =>
        checkResolvable(deadLetter({ state, actions: [action()], failedAgainAs: "other" }), again);
      if (needsWork(state)) expect(work(false)).not.toThrow();
      else expect(work(false)).toThrow(expect.objectContaining({ code: "KIT_DLT_RESOLVED" }));
      expect(work(true)).not.toThrow();
    }
  });
});

describe("naming letters", () => {
  const [first, second] = [deadLetter(), deadLetter({ letterId: "5f0c2a82-0000-8000-8000-000000000002" })];
  it.each([
    ["a whole id", [LETTER_ID], [first]],
    ["a beginning that only one has", ["5f0c2a82"], [second]],
    ["capitals", [LETTER_ID.toUpperCase()], [first]],
    ["one of them twice", [LETTER_ID, "5f0c2a81-0"], [first]],
    ["both, in the order given", ["5f0c2a82", "5f0c2a81"], [second, first]],
  ])("%s", (_, ids, chosen) => {
    expect(chooseDeadLetters([first, second], ids)).toEqual(chosen);
  });
  it.each([
    ["a beginning that two share", "5f0c2a8", /2 dead-letter records begin with/u],
    ["a beginning that is too short to be meant", "5f0c2", /no dead-letter record 5f0c2/u],
    ["one that is not there", "deadbeef", /no dead-letter record deadbeef/u],
  ])("%s is refused", (_, id, message) => {
    expect(() => chooseDeadLetters([first, second], [id])).toThrow(message);
  });
});

describe("a replay", () => {
  it("carries the original headers and whom it is for, and nothing of earlier journeys", () => {
    const headers = Object.fromEntries(
      [...replayHeaders(deadLetter(), record())].map(([name, value]) => [name.toString(), value.toString()]),
    );
    expect(headers).toEqual({
      "event-id": "01940000-0000-7000-8000-000000000001",
      "event-type": "order.created",
      traceparent: "00-aa-bb-01",
      "replay-group": "payment-service",
      "replay-letter": LETTER_ID,
    });
  });

  it("keeps bytes of headers that are no text", () => {
    const odd = Buffer.from([0xff, 0x00, 0xfe]);
    const headers = [...replayHeaders(deadLetter(), record({ headers: [["x-odd", odd]] }))];
    expect(headers.find(([name]) => name.toString() === "x-odd")?.[1]).toEqual(odd);
  });

  it("comes in the order of the origin, by number, whatever the order asked for", () => {
    const place = fc.record({
      topic: fc.constantFrom("a", "b"),
      partition: fc.integer({ min: 0, max: 12 }),
      offset: fc.bigInt({ min: 0n, max: 1n << 60n }).map(String),
    });
    fc.assert(
      fc.property(fc.array(place, { maxLength: 12 }), (places) => {
        const sorted = inOrderOfOrigin(places.map((origin) => deadLetter({ origin })));
        expect(sorted).toHaveLength(places.length);
        for (const [index, { origin }] of sorted.entries()) {
          const before = sorted[index - 1]?.origin;
          if (before === undefined || before.topic !== origin.topic || before.partition !== origin.partition) continue;
          expect(BigInt(before.offset) <= BigInt(origin.offset)).toBe(true);
        }
      }),
    );
  });
});

describe("advice", () => {
  it("knows every code that a service can write", () => {
    for (const code of Object.keys(ERRORS))
      expect(adviceFor(deadLetter({ code })), code).not.toContain("not in the library's catalogue");
    expect(adviceFor(deadLetter({ code: "SVC_OF_TOMORROW" }))).toContain("not in the library's catalogue");
  });

  it("names the likeliest step first, always as a command with the letter's id", () => {
    const first = (over: Parameters<typeof deadLetter>[0]): string => nextSteps(deadLetter(over))[0]?.command ?? "";
    expect(first({})).toBe(`npx kit dlt replay ${LETTER_ID} --dry-run`);
    expect(first({ code: "SVC_RECORD_FRAMING" })).toContain("dlt discard");
    expect(first({ state: "in-doubt" })).toBe(`npx kit dlt replay ${LETTER_ID}`);
    expect(first({ state: "failed-again", failedAgainAs: "other" })).toBe("npx kit dlt show other");
    expect(first({ state: "replayed" })).toContain("--again");
    expect(first({ state: "discarded" })).toContain("--again");
  });
});
