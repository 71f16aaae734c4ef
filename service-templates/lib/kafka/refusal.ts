/** Why a record was not published: an error of the publisher, told apart by what it says about other records. */
import type { ErrorCode } from "../errors.ts";
import { ServiceError } from "../errors.ts";

/**
 * What a failure concerns.
 * record: this record alone, forever, as one that is too large.
 * event: every record of its event type, as a schema that is not registered.
 * topic: every record of its topic, as a topic that is not there.
 * circumstances: whatever is sent now, as brokers that are away. Nothing is wrong with the record.
 */
export type Reach = "record" | "event" | "topic" | "circumstances";

/** A failure to publish that is understood; any other error says nothing about its reach. */
export class PublishError extends ServiceError {
  readonly reach: Reach;
  /** The topic concerned, where the reach is a topic and the error names it. */
  readonly topic: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly reach: Reach; readonly topic?: string | undefined; readonly cause?: unknown },
  ) {
    super(code, message, {
      permanent: options.reach === "record",
      ...(options.cause === undefined ? {} : { cause: options.cause }),
    });
    this.name = "PublishError";
    this.reach = options.reach;
    this.topic = options.topic;
  }
}
