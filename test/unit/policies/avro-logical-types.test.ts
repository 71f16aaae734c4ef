import { describe, expect, it } from "vitest";
import { logicalTypeFaults } from "../../../policies/rules/schemas/avro-logical-types.ts";

const schema = (...fields: readonly object[]): string =>
  JSON.stringify({ type: "record", name: "R", namespace: "n", fields });
const field = (type: unknown, more: object = {}): object => ({ name: "f", type, ...more });

describe("logical types", () => {
  it.each([
    [
      "on the field",
      field("long", { logicalType: "timestamp-millis" }),
      /is on the field/,
      /"type": \{"type": "long", "logicalType": "timestamp-millis"\}/,
    ],
    [
      "misspelt",
      field({ type: "long", logicalType: "timestamp-milis" }),
      /no logical type/,
      /did you mean "timestamp-millis"/,
    ],
    [
      "a timestamp on a string",
      field({ type: "string", logicalType: "timestamp-millis" }),
      /has the type "string"/,
      /"long"/,
    ],
    ["a decimal without precision", field({ type: "bytes", logicalType: "decimal" }), /no precision/, /precision/],
    [
      "a scale above the precision",
      field({ type: "bytes", logicalType: "decimal", precision: 4, scale: 5 }),
      /scale 5/,
      /0 to 4/,
    ],
    ["in a union", field(["null", { type: "string", logicalType: "date" }]), /f: date has the type "string"/, /"int"/],
    [
      "in a list",
      field({ type: "array", items: { type: "int", logicalType: "time-micros" } }),
      /f\[\]: time-micros/,
      /"long"/,
    ],
  ])("are refused %s", (_, wrong, message, fix) => {
    const faults = logicalTypeFaults(schema(wrong));
    expect(faults).toHaveLength(1);
    expect(faults[0]?.message).toMatch(message);
    expect(faults[0]?.fix).toMatch(fix);
  });

  it.each([
    field({ type: "long", logicalType: "timestamp-micros" }),
    field({ type: "string", logicalType: "uuid" }),
    field({ type: "bytes", logicalType: "decimal", precision: 12, scale: 2 }),
    field(["null", { type: "int", logicalType: "date" }]),
    field({ type: "fixed", name: "D", size: 12, logicalType: "duration" }),
  ])("are taken as %j", (good) => {
    expect(logicalTypeFaults(schema(good))).toEqual([]);
  });
});
