import { resolve } from "node:path";
import type { CheckOutcome } from "../../../cli/check/check-project.ts";
import { PROJECT_DIR, runKit } from "../../platform/kit-command.ts";
import type { Finding, RenderedObject } from "./finding.ts";
import { objectName } from "./finding.ts";

/** The judgement of the kit's own rules: what `kit check` says of a rendered folder, by the stack's levels and the project's exceptions. */
export async function judgeByPolicies(
  stack: string,
  folder: string,
  objects: readonly RenderedObject[],
): Promise<readonly Finding[]> {
  const { stdout, stderr } = await runKit({ stateDir: folder, portBase: 0 }, [
    "check",
    "--stack",
    stack,
    "--manifests",
    folder,
    "--json",
  ]);
  if (stdout === "") throw new Error(`kit check said nothing: ${stderr}`);
  const { findings }: CheckOutcome["result"] = JSON.parse(stdout);
  const byFile = new Map(objects.map(({ file, object }) => [resolve(file), objectName(object)]));
  return findings
    .filter(({ level }) => level !== "info")
    .map(
      ({ rule, file, object, message }): Finding => ({
        judge: "policies",
        rule,
        object: byFile.get(resolve(PROJECT_DIR, file)) ?? object ?? file,
        message,
      }),
    );
}
