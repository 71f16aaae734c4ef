/** Advice for a parked event, by its error and its state. */
import { ERRORS } from "@event-platform-kit/service/errors";
import type { ParkedEvent } from "./parked-events.ts";

/** A command and what it is for. */
export interface NextStep {
  readonly command: string;
  readonly purpose: string;
}

/** The catalogue's advice for the event's error. */
export function adviceFor(event: ParkedEvent): string {
  const advice: Readonly<Record<string, string>> = ERRORS;
  return advice[event.code] ?? "The code is not in the library's catalogue; read the service's log of that time.";
}

/** Possible next commands, the most likely first. */
export function nextSteps({ eventId, state }: ParkedEvent): readonly NextStep[] {
  if (state !== "parked") return [];
  return [
    {
      command: `npx kit outbox retry ${eventId}`,
      purpose: "after the cause is fixed: the event returns to its position in the outbox and is published",
    },
    {
      command: `npx kit outbox discard ${eventId} --reason "…"`,
      purpose: "discard it: it is never published, the events behind it are, and the audit trail keeps the reason",
    },
  ];
}
