import { runCommand } from "../../../toolchain/making/command.ts";
import type { Finding, RenderedObject } from "./finding.ts";
import { objectName } from "./finding.ts";
import { SCHEMA_FILE_TEMPLATE } from "./schemas.ts";

/** Strict validation of each file against schemas in a folder (see schemas.ts); a kind without a schema is a finding. */
export async function judgeByKubeconform(
  binary: string,
  schemaFolder: string,
  objects: readonly RenderedObject[],
): Promise<readonly Finding[]> {
  const { stdout, stderr, code } = await runCommand(binary, [
    "-strict",
    "-output",
    "json",
    "-schema-location",
    `${schemaFolder}/${SCHEMA_FILE_TEMPLATE}`,
    ...objects.map(({ file }) => file),
  ]);
  const report: unknown = JSON.parse(stdout === "" ? "null" : stdout);
  if (typeof report !== "object" || report === null || !("resources" in report) || !Array.isArray(report.resources))
    throw new Error(`kubeconform ended with ${code}: ${stderr || stdout}`);
  const byFile = new Map(objects.map(({ file, object }) => [file, objectName(object)]));
  return report.resources.map((resource: { filename?: string; status?: string; msg?: string }) => ({
    judge: "kubeconform",
    rule:
      resource.status === "statusError" && (resource.msg ?? "").includes("could not find schema")
        ? "schema-missing"
        : "schema",
    object: byFile.get(resource.filename ?? "") ?? resource.filename ?? "",
    message: resource.msg ?? "",
  }));
}
