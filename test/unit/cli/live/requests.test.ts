import {
  ConfigResourceTypes,
  describeAclsV3,
  describeClientQuotasV1,
  describeConfigsV4,
  describeUserScramCredentialsV0,
  metadataV12,
  saslAuthenticateV2,
  saslHandshakeV1,
  Writer,
} from "@platformatic/kafka";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BytesReader, BytesWriter } from "../../../../cli/live/wire/bytes.ts";
import type { BrokerRequest } from "../../../../cli/live/wire/requests.ts";
import {
  describeAcls,
  describeQuotas,
  describeTopicConfigs,
  describeTopics,
  describeUsers,
  RefusedRequest,
  readAnswer,
  saslAuthenticate,
  saslHandshake,
} from "../../../../cli/live/wire/requests.ts";

const everything = {
  resourceType: 1,
  resourceName: null,
  resourcePatternType: 1,
  principal: null,
  host: null,
  operation: 1,
  permissionType: 1,
} as const;
const names = ["order-events", "ünïcode", "x".repeat(200)];

describe("requests are those of the client library, byte for byte", () => {
  it.each<[BrokerRequest<unknown>, Writer]>([
    [saslHandshake("SCRAM-SHA-512"), saslHandshakeV1.createRequest("SCRAM-SHA-512")],
    [saslAuthenticate("n,,n=a,r=b"), saslAuthenticateV2.createRequest(Buffer.from("n,,n=a,r=b"))],
    [describeTopics(), metadataV12.createRequest(null, false, false)],
    [
      describeTopicConfigs(names, () => true),
      describeConfigsV4.createRequest(
        names.map((resourceName) => ({ resourceType: ConfigResourceTypes.TOPIC, resourceName })),
        false,
        false,
      ),
    ],
    [describeAcls(), describeAclsV3.createRequest(everything)],
    [describeQuotas(), describeClientQuotasV1.createRequest([], false)],
    [describeUsers(), describeUserScramCredentialsV0.createRequest(null)],
  ])("$0.name", (ours, theirs) => {
    expect(ours.body.bytes().toString("hex")).toBe(theirs.buffer.toString("hex"));
  });

  it("are the same APIs in the same versions", () => {
    const apis = [
      metadataV12,
      describeConfigsV4,
      describeAclsV3,
      describeClientQuotasV1,
      describeUserScramCredentialsV0,
      saslAuthenticateV2,
      saslHandshakeV1,
    ].map(({ api }) => [api.key, api.version]);
    const ours = [
      describeTopics(),
      describeTopicConfigs([], () => true),
      describeAcls(),
      describeQuotas(),
      describeUsers(),
      saslAuthenticate(""),
      saslHandshake(""),
    ].map(({ key, version }) => [key, version]);
    expect(ours).toEqual(apis);
  });
});

/** Reads an answer as the library's writer puts it together; all of it must be used up. */
function readAll<T>(request: BrokerRequest<T>, answer: Writer): T {
  return readAnswer(request, new BytesReader(answer.buffer));
}

const error = (code: number, message: string | null): Writer =>
  Writer.create().appendInt32(0).appendInt16(code).appendString(message);

describe("answers", () => {
  it("give topics with the replicas of each partition, whatever error an election leaves behind", () => {
    const partition = (writer: Writer, replicas: number[]): Writer =>
      writer
        .appendInt16(5)
        .appendInt32(0)
        .appendInt32(-1)
        .appendInt32(3)
        .appendArray(replicas, (w, id) => w.appendInt32(id), true, false)
        .appendArray([1], (w, id) => w.appendInt32(id), true, false)
        .appendArray([2], (w, id) => w.appendInt32(id), true, false);
    const answer = Writer.create()
      .appendInt32(0)
      .appendArray([1], (w, id) =>
        w.appendInt32(id).appendString("localhost").appendInt32(9_092).appendString("zone-a"),
      )
      .appendString("cluster")
      .appendInt32(1)
      .appendArray(
        [
          ["a", false],
          ["__consumer_offsets", true],
        ] as const,
        (w, [name, internal]) =>
          w
            .appendInt16(5)
            .appendString(name)
            .appendUUID("3f1cbb86-9d10-4ad1-8b61-aa6a4dbdf1d6")
            .appendBoolean(internal)
            .appendArray(
              [
                [1, 2, 3],
                [1, 2],
              ],
              partition,
            )
            .appendInt32(-2147483648),
      )
      .appendTaggedFields();
    expect(readAll(describeTopics(), answer)).toEqual([
      { name: "a", internal: false, replicas: [3, 2] },
      { name: "__consumer_offsets", internal: true, replicas: [3, 2] },
    ]);
  });

  const configs = (topics: { readonly topic: string; readonly code: number }[]): Writer =>
    Writer.create()
      .appendInt32(0)
      .appendArray(topics, (w, { topic, code }) =>
        w
          .appendInt16(code)
          .appendString(code === 0 ? null : "why")
          .appendInt8(2)
          .appendString(topic)
          .appendArray(
            [
              ["retention.ms", "1000", 1],
              ["compression.type", "producer", 5],
              ["segment.ms", null, 4],
            ] as const,
            (inner, [key, value, source]) =>
              inner
                .appendString(key)
                .appendString(value)
                .appendBoolean(false)
                .appendInt8(source)
                .appendBoolean(false)
                .appendArray(["synonym"], (s, name) => s.appendString(name).appendString("1").appendInt8(5))
                .appendInt8(5)
                .appendString("documentation"),
          ),
      )
      .appendTaggedFields();

  it("give the settings that are wanted, and leave out topics that are gone", () => {
    const request = describeTopicConfigs(["a", "gone"], (source, key) => source === 1 || key === "segment.ms");
    expect(
      readAll(
        request,
        configs([
          { topic: "a", code: 0 },
          { topic: "gone", code: 3 },
        ]),
      ),
    ).toEqual(
      new Map([
        [
          "a",
          [
            { key: "retention.ms", value: "1000", source: 1 },
            { key: "segment.ms", value: null, source: 4 },
          ],
        ],
      ]),
    );
    expect(() => readAll(request, configs([{ topic: "a", code: 29 }]))).toThrow(
      "DescribeConfigs: TOPIC_AUTHORIZATION_FAILED (why)",
    );
  });

  it("give access rules; none where the cluster has no authorizer", () => {
    const answer = error(0, null)
      .appendArray(["order-events", "payment-events"], (w, name) =>
        w
          .appendInt8(2)
          .appendString(name)
          .appendInt8(3)
          .appendArray([3, 8], (inner, operation) =>
            inner.appendString("User:a").appendString("*").appendInt8(operation).appendInt8(3),
          ),
      )
      .appendTaggedFields();
    const rule = { resourceType: 2, pattern: 3, principal: "User:a", host: "*", permission: 3 };
    expect(readAll(describeAcls(), answer)).toEqual([
      { ...rule, resourceName: "order-events", operation: 3 },
      { ...rule, resourceName: "order-events", operation: 8 },
      { ...rule, resourceName: "payment-events", operation: 3 },
      { ...rule, resourceName: "payment-events", operation: 8 },
    ]);
    expect(
      readAll(
        describeAcls(),
        error(54, "No Authorizer is configured.")
          .appendArray([], () => undefined)
          .appendTaggedFields(),
      ),
    ).toEqual([]);
    expect(() => readAll(describeAcls(), error(31, null))).toThrow(new RefusedRequest("DescribeAcls", 31, null));
  });

  it("give quotas, and users with their credentials", () => {
    const quotas = error(0, null)
      .appendArray(
        [
          ["user", "a"],
          ["user", null],
        ] as const,
        (w, entity) =>
          w
            .appendArray([entity], (inner, [type, name]) => inner.appendString(type).appendString(name))
            .appendArray([["producer_byte_rate", 1024.5]] as const, (inner, [key, value]) =>
              inner.appendString(key).appendFloat64(value),
            ),
      )
      .appendTaggedFields();
    expect(readAll(describeQuotas(), quotas)).toEqual([
      { entity: { user: "a" }, values: { producer_byte_rate: 1024.5 } },
      { entity: { user: null }, values: { producer_byte_rate: 1024.5 } },
    ]);
    const users = error(0, null)
      .appendArray(
        [
          ["a", 0],
          ["removed", 91],
        ] as const,
        (w, [name, code]) =>
          w
            .appendString(name)
            .appendInt16(code)
            .appendString(null)
            .appendArray(code === 0 ? [1, 2] : [], (inner, mechanism) =>
              inner.appendInt8(mechanism).appendInt32(4_096),
            ),
      )
      .appendTaggedFields();
    expect(readAll(describeUsers(), users)).toEqual([
      {
        name: "a",
        credentials: [
          { mechanism: "SCRAM-SHA-256", iterations: 4_096 },
          { mechanism: "SCRAM-SHA-512", iterations: 4_096 },
        ],
      },
      { name: "removed", credentials: [] },
    ]);
  });

  it("pass over fields that a newer broker adds", () => {
    // A tagged field's length is its own, not its own plus one.
    const reader = new BytesReader(
      Buffer.from([2, 0, 3, ...Buffer.from("new"), 7, 0xac, 2, ...Buffer.alloc(300), 0, 0, 0, 42]),
    );
    reader.skipTags();
    expect(reader.int32()).toBe(42);
  });

  it("that end early are refused at every length, and never read as something else", () => {
    const whole = configs([{ topic: "a", code: 0 }]).buffer;
    for (let length = 0; length < whole.length; length += 1) {
      expect(() =>
        readAnswer(
          describeTopicConfigs(["a"], () => true),
          new BytesReader(whole.subarray(0, length)),
        ),
      ).toThrow(RangeError);
    }
    expect(() =>
      readAnswer(
        describeTopicConfigs(["a"], () => true),
        new BytesReader(Buffer.concat([whole, Buffer.alloc(1)])),
      ),
    ).toThrow("1 bytes are left over");
  });
});

it("what is written is read back", () => {
  fc.assert(
    fc.property(
      fc.nat(2 ** 31 - 1),
      fc.string({ unit: "binary" }),
      fc.array(fc.string(), { maxLength: 300 }),
      (number, text, list) => {
        const writer = new BytesWriter();
        writer
          .unsignedVarint(number)
          .compactString(text)
          .compactString(null)
          .string(text.slice(0, 100))
          .compactArray(list, (item) => writer.compactString(item))
          .int16(-3)
          .int8(-1)
          .boolean(true);
        const reader = new BytesReader(writer.bytes());
        expect([
          reader.unsignedVarint(),
          reader.compactString(),
          reader.compactNullableString(),
          reader.string(),
          reader.compactArray(() => reader.compactString()),
          reader.int16(),
          reader.int8(),
          reader.boolean(),
        ]).toEqual([
          number,
          Buffer.from(text).toString(),
          null,
          Buffer.from(text.slice(0, 100)).toString(),
          list.map((item) => Buffer.from(item).toString()),
          -3,
          -1,
          true,
        ]);
      },
    ),
  );
});
