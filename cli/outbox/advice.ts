/** What to do about a parked event, by its error and its state. */
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
  return advice[event.code] ?? "The code is not in the library's catalogue; see the service's log at that time.";
}

/** What can be done now, the likeliest first. */
export function nextSteps({ eventId, state }: ParkedEvent): readonly NextStep[] {
  if (state !== "parked") return [];
  return [
    {
      command: `npx kit outbox retry ${eventId}`,
      purpose: "once the cause is mended: the event gets its place in the order back and is published",
    },
    {
      command: `npx kit outbox discard ${eventId} --reason "…"`,
      purpose: "give it up: it is never published, what waits behind it goes on, the reason is kept",
    },
  ];
}
