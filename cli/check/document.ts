import type { CheckOutcome } from "./check-project.ts";

/**
 * The JSON document of `kit check`: `{findings, excepted, summary}`, each finding with rule, level, location, message and fix.
 */
export function checkDocument({ stack, result }: CheckOutcome): object {
  return { stack, findings: result.findings, excepted: result.excepted, summary: result.summary };
}
