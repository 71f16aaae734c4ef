/**
 * The background work with one carrier: book what waits for it, follow what it has. Each carrier has a
 * loop of its own, so a slow one holds up nothing of the other. Several instances may work at once: each
 * skips what another has.
 */
import type { WorkLoop } from "@event-platform-kit/service/work-loop";
import { workLoop } from "@event-platform-kit/service/work-loop";
import type { PassOptions } from "./booking/book-due.ts";
import { AT_ONCE, bookDue } from "./booking/book-due.ts";
import { trackDue } from "./tracking/track-due.ts";

export function carrierDesk(options: PassOptions): WorkLoop {
  const {
    context: { log },
    carrier,
  } = options;
  return workLoop({
    passes: [
      { doing: "booking shipments", run: () => bookDue(options) },
      { doing: "following shipments", run: () => trackDue(options) },
    ],
    atOnce: AT_ONCE,
    onError: (error, doing) => log.warn({ err: error, carrier: carrier.name }, `${doing} failed; it is repeated`),
  });
}
