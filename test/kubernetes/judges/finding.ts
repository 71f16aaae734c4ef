import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import type { ApiObject } from "../servers/api-client.ts";

/** The validators of rendered objects: the rules of this project, and three independent ones. */
export type JudgeName = "policies" | "kubeconform" | "monokle" | "checkov";

/** One finding. */
export interface Finding {
  readonly judge: JudgeName;
  /** The validator's own name of the rule, e.g. `workload-probes`, `CKV_K8S_43` or `PSS203`. */
  readonly rule: string;
  /** `<Kind> <namespace>/<name>`; without namespace for objects of the cluster. */
  readonly object: string;
  readonly message: string;
}

/** A finding that is explained rather than followed. */
export interface Exception {
  readonly judge: JudgeName;
  readonly rule: string;
  /** Matches {@link Finding.object}. */
  readonly object: RegExp;
  readonly reason: string;
}

/** A rendered object with the file it is in. */
export interface RenderedObject {
  readonly file: string;
  readonly text: string;
  readonly object: ApiObject;
}

/** The objects that `kit render` wrote into a folder, one a file, in the order of their paths. */
export async function readRendered(folder: string): Promise<readonly RenderedObject[]> {
  const files = (await readdir(folder, { recursive: true }))
    .filter((file) => file.includes("/") && file.endsWith(".yaml"))
    .sort();
  return await Promise.all(
    files.map(async (name) => {
      const file = join(folder, name);
      const text = await readFile(file, "utf8");
      return { file, text, object: parse(text) as ApiObject };
    }),
  );
}

/** An object's name in findings. */
export function objectName({
  kind,
  metadata,
}: {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}): string {
  return `${kind} ${metadata.namespace === undefined ? "" : `${metadata.namespace}/`}${metadata.name}`;
}

/** The remaining findings, and the unused exceptions. */
export function weigh(
  findings: readonly Finding[],
  exceptions: readonly Exception[],
): { readonly open: readonly Finding[]; readonly unused: readonly Exception[] } {
  const covers = (exception: Exception, finding: Finding): boolean =>
    exception.judge === finding.judge && exception.rule === finding.rule && exception.object.test(finding.object);
  return {
    open: findings.filter((finding) => !exceptions.some((exception) => covers(exception, finding))),
    unused: exceptions.filter((exception) => !findings.some((finding) => covers(exception, finding))),
  };
}

/** Findings as a failing test shows them: a line for each rule and message, with the objects it is about. */
export function describeFindings(findings: readonly Finding[]): readonly string[] {
  const groups = Map.groupBy(findings, ({ judge, rule, message }) => `${judge} ${rule}: ${message}`);
  return [...groups]
    .map(([complaint, group]) => `${complaint} — ${[...new Set(group.map(({ object }) => object))].join(", ")}`)
    .sort();
}
