/** Why a record was not published: the publisher's error, classified by what it says about other records. */
import type { ErrorCode } from "../errors.ts";
import { ServiceError } from "../errors.ts";

/**
 * What a failure concerns.
 * - record: only this record, permanently, for example a record that is too large.
 * - event: every record of its event type, for example an unregistered schema.
 * - topic: every record of its topic, for example a missing topic.
 * - circumstances: everything that is sent now, for example during an outage of the brokers. The record is not at
 *   fault.
 */
export type Reach = "record" | "event" | "topic" | "circumstances";

/** A failed publish whose reason is known. Any other error says nothing about its reach. */
export class PublishError extends ServiceError {
  readonly reach: Reach;
  /** The topic concerned, if the reach is a topic and the error names it. */
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
