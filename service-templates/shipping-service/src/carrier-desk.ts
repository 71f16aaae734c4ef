/**
 * The background work with one carrier: it books waiting shipments and tracks booked ones. Each carrier has its own
 * loop, so a slow carrier does not delay the other. Several instances may work in parallel: each skips shipments that
 * another one has claimed.
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
