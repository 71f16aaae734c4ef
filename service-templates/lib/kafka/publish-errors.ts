/** What the Kafka client's errors say about the records they concern. */

import type { ErrorCode } from "../errors.ts";
import { messageOf } from "../errors.ts";
import { LostAnswer } from "./client-faults.ts";
import type { Reach } from "./refusal.ts";
import { PublishError } from "./refusal.ts";

/** Codes of failed attempts to publish: values of the label `code`. */
export const PUBLISH_CODES = [
  "SVC_PUBLISH_UNAVAILABLE",
  "SVC_PUBLISH_TOO_LARGE",
  "SVC_PUBLISH_TOPIC_MISSING",
  "SVC_PUBLISH_DENIED",
  "SVC_PUBLISH_REFUSED",
] as const satisfies readonly ErrorCode[];

export type PublishCode = (typeof PUBLISH_CODES)[number];

/** The code of a failed attempt; what is not understood counts as refused. */
export function publishCodeOf(error: unknown): PublishCode {
  const code = error instanceof PublishError ? error.code : undefined;
  return PUBLISH_CODES.find((known) => known === code) ?? "SVC_PUBLISH_REFUSED";
}

/** Answers of a broker that concern a record or a topic, by the protocol's name of the error. */
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

/** Answers that are not repeated by the client but pass by themselves, or concern everything. */
const PASSING = new Set([
  "CLUSTER_AUTHORIZATION_FAILED",
  "SASL_AUTHENTICATION_FAILED",
  "BROKER_NOT_AVAILABLE",
  "INVALID_PRODUCER_EPOCH",
  "PRODUCER_FENCED",
  "KAFKA_STORAGE_ERROR",
]);
/** Codes of the client and of the network that say that a broker was not reached. */
const UNREACHED = new Set(["PLT_KFK_NETWORK", "PLT_KFK_TIMEOUT", "PLT_KFK_AUTHENTICATION"]);
const SYSTEM_ERROR = /^E[A-Z_]+$/u;
/** How the client says, without a code of the protocol, that a topic is not there. */
const UNKNOWN_TOPIC = /^Unknown topic (.+)\.$/u;

/** One of the errors in a failure of the client. */
interface Cause {
  readonly message: string;
  readonly code: string;
  /** Name of the error in the protocol; empty where it is none. */
  readonly name: string;
  readonly passing: boolean;
  /** Topic of the answer it came in. */
  readonly topic: string | undefined;
}

/**
 * The failure as a PublishError; undefined where its reason is not understood.
 * A refusal counts for more than the circumstances: what is sent again without it shows what they are.
 * @param topics - Topics of the call: where there is one, a refused topic is that one.
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

/** All errors in an error, those inside first. */
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

/** Finds the topic that a place in a produce answer, as `/responses/0/partition_responses/2`, belongs to. */
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
