/** Results from vitest's JSON report: the number of passed tests, and the failures. */
import * as z from "zod";

/** Numbers of tests. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** A test that failed, or a file that could not be loaded. */
export interface TestFailure {
  /** The file, relative to the project. */
  readonly file: string;
  /** The test's name with those of the groups around it; absent if the file itself failed. */
  readonly test?: string;
  /** First line of the error; empty if the report has none. */
  readonly reason: string;
}

const AssertionResult = z.object({
  status: z.string(),
  fullName: z.string().default(""),
  failureMessages: z.array(z.string()).nullish(),
});

const FileResult = z.object({
  name: z.string().default(""),
  status: z.string(),
  message: z.string().default(""),
  assertionResults: z.array(AssertionResult).default([]),
});

const Report = z.object({
  numPassedTests: z.number().default(0),
  numFailedTests: z.number().default(0),
  numPendingTests: z.number().default(0),
  numTodoTests: z.number().default(0),
  testResults: z.array(FileResult).default([]),
});

type FileResult = z.infer<typeof FileResult>;

/** A missing or invalid report counts as empty: the exit code shows that something is wrong. */
function parse(report: unknown): z.infer<typeof Report> {
  const { data } = Report.safeParse(report);
  return data ?? Report.parse({});
}

/** A file that failed without a failed test: it could not be loaded, or one of its hooks failed. */
function failedAsWhole({ status, assertionResults }: FileResult): boolean {
  return status === "failed" && !assertionResults.some((result) => result.status === "failed");
}

/**
 * Counts from vitest's JSON report. A file that could not be loaded has no failed test. It counts as one failure, because a
 * broken file would otherwise pass unnoticed.
 */
export function readCounts(report: unknown): TestCounts {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = parse(report);
  return {
    passed: numPassedTests,
    failed: numFailedTests + testResults.filter(failedAsWhole).length,
    skipped: numPendingTests + numTodoTests,
  };
}

/** The failures of a report, in its order. */
export function readFailures(report: unknown, projectDir: string): readonly TestFailure[] {
  return parse(report).testResults.flatMap((result) => {
    const file = result.name.startsWith(`${projectDir}/`) ? result.name.slice(projectDir.length + 1) : result.name;
    if (failedAsWhole(result)) return [{ file, reason: firstLine(result.message) }];
    return result.assertionResults
      .filter(({ status }) => status === "failed")
      .map(({ fullName, failureMessages }) => ({
        file,
        test: fullName,
        reason: firstLine(failureMessages?.[0] ?? ""),
      }));
  });
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

/** A failure in one line: location, name, reason. */
export function failureLine({ file, test, reason }: TestFailure): string {
  return `${file}${test === undefined ? "" : ` > ${test}`}${reason === "" ? "" : `: ${reason}`}`;
}

/** The closing line's wording. */
export function countsLine(counts: TestCounts): string {
  return `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
}

/** Sum over test levels. */
export function sumCounts(results: readonly TestCounts[]): TestCounts {
  return results.reduce<TestCounts>(
    (sum, counts) => ({
      passed: sum.passed + counts.passed,
      failed: sum.failed + counts.failed,
      skipped: sum.skipped + counts.skipped,
    }),
    { passed: 0, failed: 0, skipped: 0 },
  );
}
