/** Advice for a dead-letter record, by its error and its state. */
import { ERRORS } from "@event-platform-kit/service/errors";
import type { DeadLetter } from "./dead-letters.ts";

/** A command and what it is for. */
export interface NextStep {
  readonly command: string;
  readonly purpose: string;
}

/** Codes of errors that a replay cannot correct, because the bytes are wrong. */
const BROKEN_BYTES: readonly string[] = ["SVC_RECORD_FRAMING", "SVC_RECORD_BODY", "SVC_RECORD_HEADER"];

/** The catalogue's advice for the record's error. */
export function adviceFor(deadLetter: DeadLetter): string {
  const advice: Readonly<Record<string, string>> = ERRORS;
  return advice[deadLetter.code] ?? "The code is not in the library's catalogue; read the service's log of that time.";
}

/** Possible next commands, the most likely first. */
export function nextSteps(deadLetter: DeadLetter): readonly NextStep[] {
  const { letterId, group } = deadLetter;
  const discard = {
    command: `npx kit dlt discard ${letterId} --reason "…"`,
    purpose: "discard it: nothing is applied, and the audit trail keeps the reason",
  };
  const replay = {
    command: `npx kit dlt replay ${letterId}`,
    purpose: `after the cause is fixed: only ${group} gets the record again`,
  };
  switch (deadLetter.state) {
    case "open": {
      const dry = { command: `npx kit dlt replay ${letterId} --dry-run`, purpose: "show what a replay would write" };
      return BROKEN_BYTES.includes(deadLetter.code)
        ? [discard, { ...replay, purpose: "only if the service can now read such records" }]
        : [dry, replay, discard];
    }
    case "in-doubt":
      return [
        { ...replay, purpose: "finish the replay that was started; harmless if its record was already written" },
        discard,
      ];
    case "failed-again":
      return [
        {
          command: `npx kit dlt show ${deadLetter.failedAgainAs ?? ""}`.trim(),
          purpose: "show the dead-letter record of the failed replay, which replaces this one",
        },
      ];
    case "replayed":
      return [
        {
          command: `npx kit dlt replay ${letterId} --again`,
          purpose: "only if the replay's record was lost; the inbox skips an event that was applied",
        },
      ];
    case "discarded":
      return [{ command: `npx kit dlt replay ${letterId} --again`, purpose: "if it was discarded by mistake" }];
  }
}
