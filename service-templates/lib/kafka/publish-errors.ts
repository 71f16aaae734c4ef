/** Translates the Kafka client's errors: which records they concern. */

import type { ErrorCode } from "../errors.ts";
import { messageOf } from "../errors.ts";
import { LostAnswer } from "./client-faults.ts";
import type { Reach } from "./refusal.ts";
import { PublishError } from "./refusal.ts";

/** Codes of failed publish attempts: values of the label `code`. */
export const PUBLISH_CODES = [
  "SVC_PUBLISH_UNAVAILABLE",
  "SVC_PUBLISH_TOO_LARGE",
  "SVC_PUBLISH_TOPIC_MISSING",
  "SVC_PUBLISH_DENIED",
  "SVC_PUBLISH_REFUSED",
] as const satisfies readonly ErrorCode[];

export type PublishCode = (typeof PUBLISH_CODES)[number];

/** Returns the code of a failed attempt; an unknown error counts as refused. */
export function publishCodeOf(error: unknown): PublishCode {
  const code = error instanceof PublishError ? error.code : undefined;
  return PUBLISH_CODES.find((known) => known === code) ?? "SVC_PUBLISH_REFUSED";
}

/** Broker errors that concern a record or a topic, by the protocol's name of the error. */
const REFUSALS: Readonly<Record<string, { readonly code: ErrorCode; readonly reach: Reach }>> = {
  MESSAGE_TOO_LARGE: { code: "SVC_PUBLISH_TOO_LARGE", reach: "record" },
  RECORD_LIST_TOO_LARGE: { code: "SVC_PUBLISH_TOO_LARGE", reach: "record" },
  INVALID_RECORD: { code: "SVC_PUBLISH_REFUSED", reach: "record" },
  INVALID_TIMESTAMP: { code: "SVC_PUBLISH_REFUSED", reach: "record" },
  POLICY_VIOLATION: { code: "SVC_PUBLISH_REFUSED", reach: "record" },
  INVALID_TOPIC_EXCEPTION: { code: "SVC_PUBLISH_TOPIC_MISSING", reach: "topic" },
  UNKNOWN_TOPIC_OR_PARTITION: { code: "SVC_PUBLISH_TOPIC_MISSING", reach: "topic" },
  UNKNOWN_TOPIC_ID: { code: "SVC_PUBLISH_TOPIC_MISSING", reach: "topic" },
  TOPIC_AUTHORIZATION_FAILED: { code: "SVC_PUBLISH_DENIED", reach: "topic" },
};

/** Broker errors that the client does not retry although they are temporary or concern everything. */
const PASSING = new Set([
  "CLUSTER_AUTHORIZATION_FAILED",
  "SASL_AUTHENTICATION_FAILED",
  "BROKER_NOT_AVAILABLE",
  "INVALID_PRODUCER_EPOCH",
  "PRODUCER_FENCED",
  "KAFKA_STORAGE_ERROR",
]);
/** Codes of the client and of the network for a broker that was not reached. */
const UNREACHED = new Set(["PLT_KFK_NETWORK", "PLT_KFK_TIMEOUT", "PLT_KFK_AUTHENTICATION"]);
const SYSTEM_ERROR = /^E[A-Z_]+$/u;
/** The client's message for a missing topic, which has no protocol code. */
const UNKNOWN_TOPIC = /^Unknown topic (.+)\.$/u;

/** One of the errors inside a client failure. */
interface Cause {
  readonly message: string;
  readonly code: string;
  /** Name of the error in the protocol; empty if it has none. */
  readonly name: string;
  readonly passing: boolean;
  /** Topic of the response that contained the error. */
  readonly topic: string | undefined;
}

/**
 * Returns the failure as a PublishError; undefined if its reason is unknown. A refusal takes precedence over an outage:
 * the next attempt, without the refused record, shows whether there is an outage.
 * @param topics - Topics of the call: if there is only one, a refused topic is that one.
 */
export function publishErrorOf(error: unknown, topics: ReadonlySet<string>): PublishError | undefined {
  if (error instanceof PublishError) return error;
  if (error instanceof LostAnswer)
    return new PublishError("SVC_PUBLISH_UNAVAILABLE", error.message, { reach: "circumstances", cause: error });
  const causes = causesOf(error);
  for (const cause of causes) {
    const unknown = UNKNOWN_TOPIC.exec(cause.message)?.[1];
    const refusal = unknown === undefined ? REFUSALS[cause.name] : REFUSALS.UNKNOWN_TOPIC_OR_PARTITION;
    if (refusal === undefined) continue;
    const only = topics.size === 1 ? [...topics][0] : undefined;
    const topic = (unknown !== undefined && topics.has(unknown) ? unknown : undefined) ?? cause.topic ?? only;
    return new PublishError(refusal.code, topic === undefined ? cause.message : `topic ${topic}: ${cause.message}`, {
      reach: refusal.reach,
      topic,
      cause: error,
    });
  }
  const passing = causes.find((cause) => cause.passing);
  return passing === undefined
    ? undefined
    : new PublishError("SVC_PUBLISH_UNAVAILABLE", passing.message, { reach: "circumstances", cause: error });
}

/** Returns all errors inside an error, inner ones first. */
function causesOf(error: unknown, topicOf: (path: string) => string | undefined = () => undefined): readonly Cause[] {
  if (!(error instanceof Error)) return [];
  const { code, apiId, canRetry, path, response } = error as {
    code?: unknown;
    apiId?: unknown;
    canRetry?: unknown;
    path?: unknown;
    response?: unknown;
  };
  const inside =
    error instanceof AggregateError
      ? error.errors.flatMap((each: unknown) => causesOf(each, topicLookup(response) ?? topicOf))
      : [];
  const outer = error.cause === undefined ? [] : causesOf(error.cause, topicOf);
  const own = {
    message: messageOf(error),
    code: typeof code === "string" ? code : "",
    name: typeof apiId === "string" ? apiId : "",
    topic: typeof path === "string" ? topicOf(path) : undefined,
  };
  const passing =
    UNREACHED.has(own.code) ||
    SYSTEM_ERROR.test(own.code) ||
    PASSING.has(own.name) ||
    (own.name !== "" && canRetry === true);
  return [...inside, ...outer, { ...own, passing }];
}

/** Returns a function that finds the topic of a path in a produce response, such as `/responses/0/partition_responses/2`. */
function topicLookup(response: unknown): ((path: string) => string | undefined) | undefined {
  if (
    typeof response !== "object" ||
    response === null ||
    !("responses" in response) ||
    !Array.isArray(response.responses)
  )
    return undefined;
  const answers = response.responses as readonly { readonly name?: unknown }[];
  return (path) => {
    const name = answers[Number(/^\/responses\/(\d+)\//u.exec(path)?.[1] ?? -1)]?.name;
    return typeof name === "string" && name !== "" ? name : undefined;
  };
}
