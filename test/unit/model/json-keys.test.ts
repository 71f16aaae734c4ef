import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findDuplicateKey } from "../../../components/model/schemas/json-keys.ts";

describe("a key that stands twice", () => {
  it.each([
    ['{"a": 1, "a": 2}', "a", 9],
    ['{"a": {"b": 1}, "c": [{"b": 1, "\\u0062": 2}]}', "b", 31],
    ['{"a\\"": 1,\n "a\\"" : 2}', 'a"', 12],
  ])("is found in %s", (text, key, offset) => {
    expect(findDuplicateKey(text)).toEqual({ key, offset });
  });

  it("is found in no object that was written from a value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
        expect(findDuplicateKey(JSON.stringify(value, undefined, indent))).toBeUndefined();
      }),
    );
  });
});
