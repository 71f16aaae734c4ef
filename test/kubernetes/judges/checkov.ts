import * as z from "zod";
import { runCommand } from "../../../toolchain/making/command.ts";
import type { Checkov } from "../../toolchain/checkov.ts";
import type { Finding, RenderedObject } from "./finding.ts";
import { objectName } from "./finding.ts";

const report = z.object({
  results: z.object({
    failed_checks: z.array(z.object({ check_id: z.string(), check_name: z.string(), file_abs_path: z.string() })),
  }),
  summary: z.object({ passed: z.int(), failed: z.int() }),
});

/** checkov's judgement of some files, without its service and without its downloads. */
export async function judgeByCheckov(
  { python, args, env }: Checkov,
  objects: readonly RenderedObject[],
): Promise<readonly Finding[]> {
  const files = objects.flatMap(({ file }) => ["--file", file]);
  const { stdout, stderr } = await runCommand(
    python,
    [...args, "--framework", "kubernetes", "--skip-download", "--quiet", "--compact", "--output", "json", ...files],
    { env: { ...env, LOG_LEVEL: "ERROR" } },
  );
  const {
    results: { failed_checks: failed },
    summary,
  } = report.parse(parsed(stdout, stderr));
  if (failed.length + summary.passed === 0) throw new Error(`checkov judged nothing: ${stderr}`);
  const byFile = new Map(objects.map(({ file, object }) => [file, objectName(object)]));
  return failed.map(({ check_id: rule, check_name: message, file_abs_path: file }) => ({
    judge: "checkov",
    rule,
    object: byFile.get(file) ?? file,
    message,
  }));
}

function parsed(stdout: string, stderr: string): unknown {
  try {
    return JSON.parse(stdout);
  } catch (cause) {
    throw new Error(`checkov printed no report: ${stderr || stdout}`, { cause });
  }
}
