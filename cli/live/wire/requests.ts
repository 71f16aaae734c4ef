/**
 * The requests that looking at a cluster takes, each with its answer as plain data. What the answer has and nobody asks for
 * is passed over. Versions are the newest that every broker since Kafka 3.3 knows.
 */
import { type BytesReader, BytesWriter } from "./bytes.ts";

/** A request and how to read its answer. */
export interface BrokerRequest<T> {
  readonly name: string;
  readonly key: number;
  readonly version: number;
  /** Whether headers have tagged fields; the handshake is older than these. */
  readonly flexible: boolean;
  readonly body: BytesWriter;
  /** Reads the answer's fields; {@link readAnswer} ends it. */
  readonly read: (answer: BytesReader) => T;
}

/**
 * Reads the body of an answer to its last byte.
 * @throws RangeError where the bytes are no such answer; {@link RefusedRequest}.
 */
export function readAnswer<T>({ flexible, read }: BrokerRequest<T>, answer: BytesReader): T {
  const value = read(answer);
  if (flexible) answer.skipTags();
  answer.expectEnd();
  return value;
}

/** The broker answered with an error. */
export class RefusedRequest extends Error {
  readonly code: number;

  constructor(request: string, code: number, detail: string | null) {
    super(
      `${request}: ${ERROR_NAMES[code] ?? `error ${code}`}${detail === null || detail === "" ? "" : ` (${detail})`}`,
    );
    this.code = code;
  }
}

/** Errors of the protocol that these requests can meet. */
export const ERROR_CODES = {
  UNKNOWN_TOPIC_OR_PARTITION: 3,
  REQUEST_TIMED_OUT: 7,
  COORDINATOR_LOAD_IN_PROGRESS: 14,
  TOPIC_AUTHORIZATION_FAILED: 29,
  CLUSTER_AUTHORIZATION_FAILED: 31,
  UNSUPPORTED_SASL_MECHANISM: 33,
  ILLEGAL_SASL_STATE: 34,
  UNSUPPORTED_VERSION: 35,
  NOT_CONTROLLER: 41,
  INVALID_REQUEST: 42,
  SECURITY_DISABLED: 54,
  SASL_AUTHENTICATION_FAILED: 58,
  RESOURCE_NOT_FOUND: 91,
} as const;
const ERROR_NAMES: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(ERROR_CODES).map(([name, code]) => [code, name]),
);

function expectGood(request: string, code: number, detail: string | null): void {
  if (code !== 0) throw new RefusedRequest(request, code, detail);
}

/** Says which mechanism the login has. Old strings and arrays: the only request here that is not flexible. */
export function saslHandshake(mechanism: string): BrokerRequest<void> {
  const name = "SaslHandshake";
  return {
    name,
    key: 17,
    version: 1,
    flexible: false,
    body: new BytesWriter().string(mechanism),
    read(answer) {
      const code = answer.int16();
      const offered = answer.array(answer.int32(), () => answer.string());
      expectGood(name, code, `${mechanism} is not offered, but ${offered.join(", ") || "nothing"}`);
    },
  };
}

/** One message of the login; gives the server's. */
export function saslAuthenticate(message: string): BrokerRequest<string> {
  const name = "SaslAuthenticate";
  return {
    name,
    key: 36,
    version: 2,
    flexible: true,
    body: new BytesWriter().compactBytes(Buffer.from(message)).noTags(),
    read(answer) {
      expectGood(name, answer.int16(), answer.compactNullableString());
      const message = answer.compactBytes().toString("utf8");
      answer.skip(8);
      return message;
    },
  };
}

/** A topic's partitions, each with the number of its replicas. */
export interface TopicShape {
  readonly name: string;
  readonly internal: boolean;
  readonly replicas: readonly number[];
}

/** Every topic. */
export function describeTopics(): BrokerRequest<readonly TopicShape[]> {
  return {
    name: "Metadata",
    key: 3,
    version: 12,
    flexible: true,
    body: new BytesWriter()
      .compactArray(null, () => undefined)
      .boolean(false)
      .boolean(false)
      .noTags(),
    read(answer) {
      answer.skip(4);
      answer.compactArray(() => {
        answer.skip(4);
        answer.skipCompact();
        answer.skip(4);
        answer.skipCompact();
        answer.skipTags();
      });
      answer.skipCompact();
      answer.skip(4);
      // A topic or partition whose leader is being elected has an error, and all that is asked for here.
      return answer.compactArray((): TopicShape => {
        answer.skip(2);
        const name = answer.compactString();
        answer.skip(16);
        const internal = answer.boolean();
        const replicas = answer.compactArray(() => {
          answer.skip(14);
          const count = answer.unsignedVarint() - 1;
          answer.skip(4 * count);
          skipNumbers(answer);
          skipNumbers(answer);
          answer.skipTags();
          return count;
        });
        answer.skip(4);
        answer.skipTags();
        return { name, internal, replicas };
      });
    },
  };
}

function skipNumbers(answer: BytesReader): void {
  answer.skip(4 * Math.max(0, answer.unsignedVarint() - 1));
}

/** A setting of a topic. */
export interface TopicSetting {
  readonly key: string;
  /** `null`: sensitive, or none. */
  readonly value: string | null;
  /** One of {@link CONFIG_SOURCES}. */
  readonly source: number;
}

/** Where a setting's value comes from. */
export const CONFIG_SOURCES = { topic: 1, default: 5 } as const;
const TOPIC_RESOURCE = 2;

/**
 * The configuration of topics. One that is not there (any more) is left out.
 * @param wanted - Tells by source and key which settings to give.
 */
export function describeTopicConfigs(
  topics: readonly string[],
  wanted: (source: number, key: string) => boolean,
): BrokerRequest<ReadonlyMap<string, readonly TopicSetting[]>> {
  const name = "DescribeConfigs";
  const body = new BytesWriter();
  body
    .compactArray(topics, (topic) =>
      body
        .int8(TOPIC_RESOURCE)
        .compactString(topic)
        .compactArray(null, () => undefined)
        .noTags(),
    )
    .boolean(false)
    .boolean(false)
    .noTags();
  return {
    name,
    key: 32,
    version: 4,
    flexible: true,
    body,
    read(answer) {
      answer.skip(4);
      const configs = new Map<string, readonly TopicSetting[]>();
      answer.compactArray(() => {
        const code = answer.int16();
        const detail = answer.compactNullableString();
        answer.skip(1);
        const topic = answer.compactString();
        const settings: TopicSetting[] = [];
        answer.compactArray(() => {
          const key = answer.compactString();
          const value = answer.compactNullableString();
          answer.skip(1);
          const source = answer.int8();
          answer.skip(1);
          answer.compactArray(() => {
            answer.skipCompact();
            answer.skipCompact();
            answer.skip(1);
            answer.skipTags();
          });
          answer.skip(1);
          answer.skipCompact();
          answer.skipTags();
          if (wanted(source, key)) settings.push({ key, value, source });
        });
        answer.skipTags();
        if (code === ERROR_CODES.UNKNOWN_TOPIC_OR_PARTITION) return;
        expectGood(name, code, detail ?? topic);
        configs.set(topic, settings);
      });
      return configs;
    },
  };
}

/** An access rule in the protocol's numbers. */
export interface AclEntry {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly pattern: number;
  readonly principal: string;
  readonly host: string;
  readonly operation: number;
  readonly permission: number;
}

const ANY = 1;

/** Every access rule; none on a cluster without an authorizer. */
export function describeAcls(): BrokerRequest<readonly AclEntry[]> {
  const name = "DescribeAcls";
  return {
    name,
    key: 29,
    version: 3,
    flexible: true,
    body: new BytesWriter()
      .int8(ANY)
      .compactString(null)
      .int8(ANY)
      .compactString(null)
      .compactString(null)
      .int8(ANY)
      .int8(ANY)
      .noTags(),
    read(answer) {
      answer.skip(4);
      const code = answer.int16();
      const detail = answer.compactNullableString();
      if (code !== ERROR_CODES.SECURITY_DISABLED) expectGood(name, code, detail);
      return answer
        .compactArray(() => {
          const target = { resourceType: answer.int8(), resourceName: answer.compactString(), pattern: answer.int8() };
          const rules = answer.compactArray((): AclEntry => {
            const rule = {
              ...target,
              principal: answer.compactString(),
              host: answer.compactString(),
              operation: answer.int8(),
              permission: answer.int8(),
            };
            answer.skipTags();
            return rule;
          });
          answer.skipTags();
          return rules;
        })
        .flat();
    },
  };
}

/** A quota: whom it is for by type of entity (`null`: the type's default), and its values by key. */
export interface QuotaEntry {
  readonly entity: Readonly<Record<string, string | null>>;
  readonly values: Readonly<Record<string, number>>;
}

/** Every client quota. */
export function describeQuotas(): BrokerRequest<readonly QuotaEntry[]> {
  const name = "DescribeClientQuotas";
  return {
    name,
    key: 48,
    version: 1,
    flexible: true,
    body: new BytesWriter()
      .compactArray([], () => undefined)
      .boolean(false)
      .noTags(),
    read(answer) {
      answer.skip(4);
      expectGood(name, answer.int16(), answer.compactNullableString());
      return answer.compactArray((): QuotaEntry => {
        const entity = answer.compactArray(() => {
          const part = [answer.compactString(), answer.compactNullableString()] as const;
          answer.skipTags();
          return part;
        });
        const values = answer.compactArray(() => {
          const value = [answer.compactString(), answer.float64()] as const;
          answer.skipTags();
          return value;
        });
        answer.skipTags();
        return { entity: Object.fromEntries(entity), values: Object.fromEntries(values) };
      });
    },
  };
}

/** A SCRAM user's credential. */
export interface UserEntry {
  readonly name: string;
  readonly credentials: readonly { readonly mechanism: string; readonly iterations: number }[];
}

const MECHANISMS: Readonly<Record<number, string>> = { 1: "SCRAM-SHA-256", 2: "SCRAM-SHA-512" };

/** Every SCRAM user. */
export function describeUsers(): BrokerRequest<readonly UserEntry[]> {
  const name = "DescribeUserScramCredentials";
  return {
    name,
    key: 50,
    version: 0,
    flexible: true,
    body: new BytesWriter().compactArray(null, () => undefined).noTags(),
    read(answer) {
      answer.skip(4);
      expectGood(name, answer.int16(), answer.compactNullableString());
      return answer.compactArray((): UserEntry => {
        const user = answer.compactString();
        const [code, detail] = [answer.int16(), answer.compactNullableString()];
        const credentials = answer.compactArray(() => {
          const mechanism = answer.int8();
          const credential = {
            mechanism: MECHANISMS[mechanism] ?? `mechanism ${mechanism}`,
            iterations: answer.int32(),
          };
          answer.skipTags();
          return credential;
        });
        answer.skipTags();
        // A user that was removed meanwhile.
        if (code !== ERROR_CODES.RESOURCE_NOT_FOUND) expectGood(name, code, detail ?? user);
        return { name: user, credentials };
      });
    },
  };
}
