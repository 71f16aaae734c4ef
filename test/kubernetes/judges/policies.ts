import { stackSettingsSchema } from "../../../components/model/stack.ts";
import { ActiveChecks } from "../../../policies/evaluate.ts";
import { checkManifests } from "../../../policies/manifests.ts";
import type { Manifest, Scope } from "../../../policies/rule.ts";
import { workloadRules } from "../../../policies/rules/workloads.ts";
import { objectName } from "./finding.ts";
import type { Finding, RenderedObject } from "./finding.ts";

const ACTIVE = new ActiveChecks(new Map(workloadRules.map((rule) => [rule.id, { rule, level: rule.level, parameters: {} }])));
/** An environment with three copies of everything; nothing was declared before. */
const SCOPE: Scope = { stack: stackSettingsSchema.parse({ substrate: "local" }), today: "2026-11-25", before: () => undefined, declarationOf: () => undefined };

/** The judgement of the kit's own rules on workloads, all on, with their defaults. */
export function judgeByPolicies(objects: readonly RenderedObject[]): readonly Finding[] {
  const byFile = new Map(objects.map(({ file, object }) => [file, objectName(object)]));
  const placed = objects.map(({ file, object }) => ({ manifest: manifestOf(object), source: { file, line: 1, column: 1 } }));
  return checkManifests(ACTIVE, placed, SCOPE).map(({ rule, file, object, message }): Finding => ({ judge: "policies", rule, object: byFile.get(file) ?? object ?? file, message }));
}

function manifestOf(object: RenderedObject["object"]): Manifest {
  return { ...object };
}
