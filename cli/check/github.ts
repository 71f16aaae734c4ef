import type { Finding } from "../../policies/finding.ts";
import { plain } from "../../policies/plain-text.ts";
import type { Level } from "../../policies/rule.ts";

const commands: Readonly<Record<Level, string>> = { error: "error", warning: "warning", info: "notice" };

/**
 * Findings as workflow commands of GitHub Actions, one per line. The runner interprets `%`, line ends, and in properties also
 * `:` and `,`. They are escaped, so that text from files can neither end a command nor begin another.
 */
export function annotations(findings: readonly Finding[]): string {
  return findings
    .map(({ rule, level, file, line, column, message, fix }) => {
      const text = fix === undefined ? message : `${message}\nFix: ${fix}`;
      return `::${commands[level]} file=${property(file)},line=${line},col=${column},title=${property(rule)}::${data(text)}\n`;
    })
    .join("");
}

function data(text: string): string {
  return text.split("\n").map(plain).join("\n").replace(/%/g, "%25").replace(/\n/g, "%0A");
}

function property(text: string): string {
  return data(text).replace(/:/g, "%3A").replace(/,/g, "%2C");
}
