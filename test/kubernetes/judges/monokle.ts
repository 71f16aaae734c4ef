import { createDefaultMonokleValidator } from "@monokle/validation";
import type { Finding, RenderedObject } from "./finding.ts";
import { objectName } from "./finding.ts";

/** Those that judge without asking a server; schemas are kubeconform's part. */
const PLUGINS = ["pod-security-standards", "practices", "resource-links"] as const;

/** Monokle's judgement with every rule on, also those of the restricted profile (PSS201 to PSS206), which are off by default. */
export async function judgeByMonokle(objects: readonly RenderedObject[]): Promise<readonly Finding[]> {
  const validator = createDefaultMonokleValidator();
  const plugins = {
    "kubernetes-schema": false,
    "yaml-syntax": false,
    "open-policy-agent": false,
    ...Object.fromEntries(PLUGINS.map((name) => [name, true])),
  };
  await validator.preload({ plugins });
  const rules = Object.fromEntries(
    PLUGINS.flatMap((plugin) =>
      (validator.rules[plugin] ?? []).map(({ name }) => [`${plugin}/${name}`, "err" as const]),
    ),
  );
  await validator.preload({ plugins, rules });
  // Definitions would go to the plugin of the schemas, which is off.
  const judged = objects.filter(({ object }) => object.kind !== "CustomResourceDefinition");
  const { runs } = await validator.validate({
    resources: judged.map(({ file, text, object }) => ({
      id: file,
      fileId: file,
      filePath: file,
      fileOffset: 0,
      name: object.metadata.name,
      apiVersion: object.apiVersion,
      kind: object.kind,
      ...(object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace }),
      content: object,
      text,
    })),
  });
  const byFile = new Map(objects.map(({ file, object }) => [file, objectName(object)]));
  return runs.flatMap((run) =>
    run.results.map((result) => {
      const uri =
        result.locations
          .map(({ physicalLocation }) => physicalLocation?.artifactLocation.uri ?? "")
          .find((path) => byFile.has(path)) ?? "";
      return {
        judge: "monokle" as const,
        rule: result.ruleId,
        object: byFile.get(uri) ?? uri,
        message: result.message.text,
      };
    }),
  );
}
