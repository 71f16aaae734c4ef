import { describe, expect, it } from "vitest";
import { countsLine, failureLine, readCounts, readFailures, sumCounts } from "../../../cli/testing/test-report.ts";

describe("counts", () => {
  it("come from the report; todo counts as skipped", () => {
    expect(
      readCounts({ numPassedTests: 5, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1, testResults: [] }),
    ).toEqual({ passed: 5, failed: 1, skipped: 3 });
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
    expect(
      countsLine(
        sumCounts([
          { passed: 1, failed: 0, skipped: 2 },
          { passed: 3, failed: 1, skipped: 0 },
        ]),
      ),
    ).toBe("4 passed, 1 failed, 2 skipped");
  });
});

describe("failures", () => {
  const assertion = {
    status: "failed",
    fullName: "an order is confirmed",
    failureMessages: ["AssertionError: expected 1 to be 2\n    at x.ts:1"],
  };

  it("are named by file, test and the first line of the reason", () => {
    const report = {
      testResults: [
        {
          name: "/p/test/unit/a.test.ts",
          status: "failed",
          assertionResults: [{ status: "passed", fullName: "fine" }, assertion],
        },
      ],
    };
    expect(readFailures(report, "/p").map(failureLine)).toEqual([
      "test/unit/a.test.ts > an order is confirmed: AssertionError: expected 1 to be 2",
    ]);
  });

  it("name a file that could not be loaded, with its message", () => {
    const report = {
      testResults: [
        { name: "/p/test/b.test.ts", status: "failed", message: "SyntaxError: x\nat y", assertionResults: [] },
      ],
    };
    expect(readFailures(report, "/p").map(failureLine)).toEqual(["test/b.test.ts: SyntaxError: x"]);
  });

  it("are none in a good report", () => {
    expect(
      readFailures(
        { testResults: [{ name: "a", status: "passed", assertionResults: [{ status: "passed", fullName: "x" }] }] },
        "/p",
      ),
    ).toEqual([]);
  });
});
