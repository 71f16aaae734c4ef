import { describe, expect, it } from "vitest";
import { countsLine, parseRungs, readCounts, RUNGS, sumCounts } from "../../../cli/testing.ts";

describe("rungs", () => {
  it("are all by default, and keep the ladder's order", () => {
    expect(parseRungs(undefined)).toEqual(RUNGS);
    expect(parseRungs("kafka, unit")).toEqual(["unit", "kafka"]);
  });

  it.each(["units", "", "unit,xx"])("refuses %j", (only) => {
    expect(() => parseRungs(only)).toThrow(expect.objectContaining({ code: "KIT_USAGE" }));
  });
});

describe("counts", () => {
  it("come from the report; todo counts as skipped", () => {
    expect(readCounts({ numPassedTests: 5, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1, testResults: [] })).toEqual({ passed: 5, failed: 1, skipped: 3 });
  });

  it("count a file that could not be loaded as a failure, and a file with a failed test not twice", () => {
    const testResults = [
      { status: "failed", assertionResults: [] },
      { status: "failed", assertionResults: [{ status: "failed" }] },
      { status: "passed", assertionResults: [{ status: "passed" }] },
    ];
    expect(readCounts({ numPassedTests: 1, numFailedTests: 1, testResults }).failed).toBe(2);
  });

  it.each([undefined, null, "x", {}])("are zero without a report (%j)", (report) => {
    expect(readCounts(report)).toEqual({ passed: 0, failed: 0, skipped: 0 });
  });

  it("are summed and said in one line", () => {
    expect(countsLine(sumCounts([{ passed: 1, failed: 0, skipped: 2 }, { passed: 3, failed: 1, skipped: 0 }]))).toBe("4 passed, 1 failed, 2 skipped");
  });
});
