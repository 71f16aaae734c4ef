import { headerValue, restoredHeaders, storedHeaders } from "@event-platform-kit/service/outbox/headers";
import { MultipleErrors, NetworkError, ProtocolError, ResponseError, UserError } from "@platformatic/kafka";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LostAnswer } from "../../../../service-templates/lib/kafka/client-faults.ts";
import type { OutgoingRecord } from "../../../../service-templates/lib/kafka/kafka.ts";
import { publishErrorOf } from "../../../../service-templates/lib/kafka/publish-errors.ts";
import { packRequests, recordBytes } from "../../../../service-templates/lib/kafka/request-packing.ts";
import { doubts } from "../../../../service-templates/lib/outbox/doubts.ts";

const PRODUCE = 0;
const one = new Set(["t"]);
const two = new Set(["t", "u"]);

describe("errors of the Kafka client", () => {
  it.each([
    [
      "a record that is too large",
      new ResponseError(
        PRODUCE,
        11,
        { "/responses/1/partition_responses/0": [10, null] },
        { responses: [{ name: "u" }, { name: "t" }] },
      ),
      two,
      "SVC_PUBLISH_TOO_LARGE",
      "record",
      "t",
    ],
    [
      "a topic that the client does not find",
      new UserError("Unknown topic u."),
      two,
      "SVC_PUBLISH_TOPIC_MISSING",
      "topic",
      "u",
    ],
    [
      "a topic that is denied, after repetitions",
      new MultipleErrors("produce failed 2 times.", [
        new NetworkError("gone"),
        new ProtocolError("TOPIC_AUTHORIZATION_FAILED"),
      ]),
      one,
      "SVC_PUBLISH_DENIED",
      "topic",
      "t",
    ],
    [
      "a connection that ends",
      new MultipleErrors("produce failed 7 times.", [new NetworkError("gone")]),
      one,
      "SVC_PUBLISH_UNAVAILABLE",
      "circumstances",
      undefined,
    ],
    [
      "too few replicas",
      new ProtocolError("NOT_ENOUGH_REPLICAS"),
      one,
      "SVC_PUBLISH_UNAVAILABLE",
      "circumstances",
      undefined,
    ],
    [
      "an answer that does not come",
      new LostAnswer("publishing: no answer"),
      one,
      "SVC_PUBLISH_UNAVAILABLE",
      "circumstances",
      undefined,
    ],
    [
      "an address that is refused",
      Object.assign(new Error("connect"), { code: "ECONNREFUSED" }),
      one,
      "SVC_PUBLISH_UNAVAILABLE",
      "circumstances",
      undefined,
    ],
  ] as const)("tells %s", (_name, error, topics, code, reach, topic) => {
    expect(publishErrorOf(error, topics)).toMatchObject({ code, reach, topic });
  });
  it("does not claim to understand what it does not know", () => {
    expect(publishErrorOf(new TypeError("cannot read properties of undefined"), one)).toBeUndefined();
    expect(publishErrorOf(new ProtocolError("UNKNOWN_SERVER_ERROR"), one)).toBeUndefined();
  });
});

describe("requests of records", () => {
  const record = (value: number): OutgoingRecord => ({
    topic: "t",
    key: Buffer.from("k"),
    value: Buffer.alloc(value),
    headers: { a: "ä" },
  });
  it("keeps each partition below the limit and in order, and loses nothing", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 4_000 }), fc.integer({ min: 0, max: 3 })), { maxLength: 80 }),
        (drawn) => {
          const records = drawn.map(([size]) => record(size));
          const requests = packRequests(
            records,
            drawn.map(([, partition]) => partition),
            3_000,
          );
          expect(requests.flat().toSorted((a, b) => a - b)).toEqual(records.map((_, place) => place));
          for (const partition of [0, 1, 2, 3]) {
            const ofPartition = requests.map((places) => places.filter((place) => drawn[place]?.[1] === partition));
            expect(ofPartition.flat()).toEqual(ofPartition.flat().toSorted((a, b) => a - b));
            for (const places of ofPartition) {
              const bytes = places.reduce((sum, place) => sum + recordBytes(records[place] as OutgoingRecord), 0);
              expect(places.length <= 1 || bytes <= 3_000).toBe(true);
            }
          }
        },
      ),
    );
  });
});

describe("headers in the outbox", () => {
  it("give back the bytes they were made of", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.uint8Array()), (drawn) => {
        const headers = Object.fromEntries(
          Object.entries(drawn).map(([name, value]) => [name, headerValue(Buffer.from(value))]),
        );
        const restored = restoredHeaders(JSON.parse(storedHeaders(headers)));
        for (const [name, value] of Object.entries(drawn))
          expect(Buffer.from(restored[name] as string)).toEqual(Buffer.from(value));
        expect(storedHeaders(headers)).not.toMatch(/(?<!\\)(\\\\)*\\u0000/u);
      }),
    );
  });
});

describe("doubts", () => {
  it("believe a refusal that lasts, keep its topic back for a second, and forget what the circumstances denied", () => {
    let now = 0;
    const doubt = doubts(() => now, 10_000);
    const hold = { topic: "t", key: null };
    expect(doubt.note("topic t", hold)).toBe(false);
    expect(doubt.holds()).toEqual([hold]);
    now = 1_000;
    expect(doubt.holds()).toEqual([]);
    doubt.reset();
    now = 11_000;
    expect(doubt.note("topic t", hold)).toBe(false);
    now = 21_000;
    expect(doubt.note("topic t", hold)).toBe(true);
    expect(doubt.holds()).toEqual([]);
    doubt.reset();
    expect(doubt.note("topic t", hold)).toBe(true);
    doubt.clear("topic t");
    expect(doubt.note("topic t", hold)).toBe(false);
  });
});
