import { catalogue } from "../../policies/catalogue.ts";
import type { Finding } from "../../policies/finding.ts";
import { plain } from "../../policies/plain-text.ts";
import type { Level } from "../../policies/rule.ts";

const sarifLevels: Readonly<Record<Level, string>> = { error: "error", warning: "warning", info: "note" };

/** Path of a rule's page, relative to the project's root. */
const guide = "docs/guide/policies.md";

/** Findings as a SARIF 2.1.0 log, for code scanning. It describes only the rules that were broken. */
export function sarifLog(findings: readonly Finding[]): object {
  const broken = [...new Set(findings.map(({ rule }) => rule))];
  const index = new Map(broken.map((rule, place) => [rule, place]));
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "kit check", rules: broken.map(describeRule) } },
        columnKind: "utf16CodeUnits",
        results: findings.map(({ rule, level, file, line, column, message, fix, object }) => ({
          ruleId: rule,
          ruleIndex: index.get(rule),
          level: sarifLevels[level],
          message: { text: plain(fix === undefined ? message : `${message}. Fix: ${fix}`) },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: uriOf(file) },
                region: { startLine: line, startColumn: column },
              },
              ...(object === undefined ? {} : { logicalLocations: [{ name: plain(object) }] }),
            },
          ],
          // Stable when lines move: code scanning identifies a finding by it.
          partialFingerprints: { "kit/v1": `${rule}/${plain(object ?? "")}/${uriOf(file)}` },
        })),
      },
    ],
  };
}

function describeRule(id: string): object {
  const rule = catalogue.get(id);
  if (rule === undefined) return { id };
  return {
    id,
    shortDescription: { text: rule.summary },
    fullDescription: { text: rule.rationale },
    help: {
      text: `${rule.rationale} See ${guide}#${id}.`,
      markdown: `${rule.rationale} See [${guide}](${guide}#${id}).`,
    },
    defaultConfiguration: rule.level === "off" ? { enabled: false } : { level: sarifLevels[rule.level] },
    properties: { tags: [rule.subject] },
  };
}

/** A path as a relative URI reference; characters that URIs do not allow are encoded. */
function uriOf(file: string): string {
  return file
    .split("/")
    .map((step) => encodeURIComponent(step.toWellFormed()))
    .join("/");
}
