import { createHash } from "node:crypto";
import type { Finding } from "../../policies/finding.ts";
import { plain } from "../../policies/plain-text.ts";
import type { Level } from "../../policies/rule.ts";

const severities: Readonly<Record<Level, string>> = { error: "major", warning: "minor", info: "info" };

/**
 * Findings as a Code Quality report of GitLab, which shows them at their lines in a merge request. A finding's fingerprint
 * does not depend on its line, so that GitLab follows it while lines move.
 */
export function codeQuality(findings: readonly Finding[]): object[] {
  const seen = new Map<string, number>();
  return findings.map(({ rule, level, file, line, message, fix, object }) => {
    const identity = JSON.stringify([rule, object ?? "", file, message]);
    const before = seen.get(identity) ?? 0;
    seen.set(identity, before + 1);
    return {
      description: plain(fix === undefined ? message : `${message}. Fix: ${fix}`),
      check_name: rule,
      fingerprint: createHash("sha256").update(`${identity} ${before}`).digest("hex"),
      severity: severities[level],
      location: { path: plain(file), lines: { begin: line } },
    };
  });
}
