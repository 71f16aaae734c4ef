import { describe, expect, it } from "vitest";
import { parseRungs, RUNGS } from "../../../cli/testing/testing.ts";

describe("rungs", () => {
  it("are all by default, and keep the ladder's order", () => {
    expect(parseRungs(undefined)).toEqual(RUNGS);
    expect(parseRungs("kafka, unit")).toEqual(["unit", "kafka"]);
  });

  it.each(["units", "", "unit,xx"])("refuses %j", (only) => {
    expect(() => parseRungs(only)).toThrow(expect.objectContaining({ code: "KIT_USAGE" }));
  });
});
