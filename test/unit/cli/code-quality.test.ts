import { describe, expect, it } from "vitest";
import { codeQuality } from "../../../cli/check/gitlab.ts";
import type { Finding } from "../../../policies/finding.ts";

const finding: Finding = {
  rule: "partition-count",
  level: "error",
  file: "topics/order.yaml",
  line: 8,
  column: 5,
  message: "too many",
  fix: "set partitions: 30",
  object: "order-events",
};
interface Entry {
  readonly description: string;
  readonly check_name: string;
  readonly fingerprint: string;
  readonly severity: string;
  readonly location: { readonly path: string; readonly lines: { readonly begin: number } };
}
const report = (...findings: Finding[]): Entry[] => codeQuality(findings) as Entry[];

describe("the Code Quality report", () => {
  it("has what GitLab asks of each entry", () => {
    expect(report(finding)).toEqual([
      {
        description: "too many. Fix: set partitions: 30",
        check_name: "partition-count",
        fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
        severity: "major",
        location: { path: "topics/order.yaml", lines: { begin: 8 } },
      },
    ]);
    expect(
      report({ ...finding, level: "warning" }, { ...finding, level: "info" }).map(({ severity }) => severity),
    ).toEqual(["minor", "info"]);
  });

  it("knows a finding again when lines move, and two equal ones apart", () => {
    const [first, second] = report(finding, { ...finding, line: 9 });
    expect(first?.fingerprint).not.toBe(second?.fingerprint);
    expect(report({ ...finding, line: 80 })[0]?.fingerprint).toBe(first?.fingerprint);
  });

  it("shows no control characters", () => {
    expect(
      JSON.stringify(report({ ...finding, message: "a\u001b[31m\u202e", file: "topics/\u0007.yaml" })),
    ).not.toMatch(/\\u001b|\\u0007|\u202e/);
  });
});
