/** The envelope that the kit's services put into record headers, as JSON Schema. Pure. */

import { CLAIM_HEADER } from "@event-platform-kit/service/claim-check/reference";
import { HEADER } from "@event-platform-kit/service/events/envelope";
import type { ClaimCheck } from "../../../components/model/types.ts";
import type { JsonSchema } from "./types.ts";
import { reference } from "./types.ts";

/** Name of the envelope's schema in the document's components. */
export const ENVELOPE = "envelope";

/** Headers that every record has or may have. Header values are UTF-8. */
export function envelopeSchema(): JsonSchema {
  return {
    type: "object",
    description: "Record headers of every event. Values are UTF-8 text.",
    required: [HEADER.eventId, HEADER.eventType, HEADER.occurredAt, HEADER.correlationId],
    properties: {
      [HEADER.eventId]: {
        type: "string",
        format: "uuid",
        description: "Identifies the event. Consumers handle each id once.",
      },
      [HEADER.eventType]: { type: "string", description: "Event type, for example order.created." },
      [HEADER.eventVersion]: {
        type: "string",
        pattern: "^[0-9]{1,9}(\\.[0-9]{1,9})?$",
        description: "Version of the envelope and of the event's meaning. Default: 1.",
      },
      [HEADER.occurredAt]: {
        type: "string",
        format: "date-time",
        description: "When it happened, by the producer's clock.",
      },
      [HEADER.correlationId]: {
        type: "string",
        description: "The business process that the event belongs to, for example an order.",
      },
      [HEADER.causationId]: { type: "string", format: "uuid", description: "Id of the event that caused this one." },
      [HEADER.traceparent]: { type: "string", description: "W3C trace context." },
    },
  };
}

/** Headers of one event type: the envelope, its own type, and the reference where content is stored outside Kafka. */
export function headersSchema(event: string, claimCheck: ClaimCheck | undefined): JsonSchema {
  return {
    type: "object",
    allOf: [
      reference("components", "schemas", ENVELOPE),
      {
        type: "object",
        properties: {
          [HEADER.eventType]: { type: "string", const: event },
          ...(claimCheck === undefined ? {} : claimHeaders(claimCheck)),
        },
      },
    ],
  };
}

function claimHeaders({ above, atMost, field }: ClaimCheck): Readonly<Record<string, JsonSchema>> {
  const what = field === undefined ? "the body" : `the field ${field}`;
  return {
    [CLAIM_HEADER.key]: {
      type: "string",
      description: `Key in the object store under which ${what} is stored when it is larger than ${above} bytes.`,
    },
    [CLAIM_HEADER.size]: {
      type: "string",
      pattern: "^[0-9]+$",
      description: `Bytes of the stored content, at most ${atMost}.`,
    },
    [CLAIM_HEADER.sha256]: { type: "string", pattern: "^[0-9a-f]{64}$", description: "SHA-256 of the stored content." },
    ...(field === undefined
      ? {}
      : {
          [CLAIM_HEADER.field]: {
            type: "string" as const,
            const: field,
            description: "Field that is null in the record.",
          },
        }),
  };
}
