/** What to do about a letter, by its error and its state. */
import { ERRORS } from "@event-platform-kit/service/errors";
import type { Letter } from "./letters.ts";

/** A command and what it is for. */
export interface NextStep {
  readonly command: string;
  readonly purpose: string;
}

/** Codes that a repetition cannot mend: the bytes themselves are wrong. */
const BROKEN_BYTES: readonly string[] = ["SVC_RECORD_FRAMING", "SVC_RECORD_BODY", "SVC_RECORD_HEADER"];

/** The catalogue's advice for the letter's error. */
export function adviceFor(letter: Letter): string {
  const advice: Readonly<Record<string, string>> = ERRORS;
  return advice[letter.code] ?? "The code is not in the library's catalogue; see the service's log at that time.";
}

/** What can be done now, the likeliest first. */
export function nextSteps(letter: Letter): readonly NextStep[] {
  const { letterId, group } = letter;
  const discard = {
    command: `npx kit dlt discard ${letterId} --reason "…"`,
    purpose: "give it up; nothing is applied, the reason is kept",
  };
  const replay = {
    command: `npx kit dlt replay ${letterId}`,
    purpose: `once the cause is mended: ${group} gets the record again, the other groups do not`,
  };
  switch (letter.state) {
    case "open": {
      const dry = { command: `npx kit dlt replay ${letterId} --dry-run`, purpose: "see what a replay would write" };
      return BROKEN_BYTES.includes(letter.code)
        ? [discard, { ...replay, purpose: "only if the service now understands such records" }]
        : [dry, replay, discard];
    }
    case "in-doubt":
      return [{ ...replay, purpose: "finish the replay that was begun; harmless if it had been written" }, discard];
    case "failed-again":
      return [
        {
          command: `npx kit dlt show ${letter.failedAgainAs ?? ""}`.trim(),
          purpose: "the failure of the replay is the letter that counts now",
        },
      ];
    case "replayed":
      return [
        {
          command: `npx kit dlt replay ${letterId} --again`,
          purpose: "only if the replay's record was lost; the inbox leaves out what was applied",
        },
      ];
    case "discarded":
      return [{ command: `npx kit dlt replay ${letterId} --again`, purpose: "if discarding it was a mistake" }];
  }
}
