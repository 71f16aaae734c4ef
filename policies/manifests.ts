import { parseAllDocuments } from "yaml";
import type { SourceLocation } from "../components/plan/types.ts";
import { ActiveChecks, findingsOf } from "./evaluate.ts";
import { sortFindings, type Finding } from "./finding.ts";
import type { Manifest, Scope } from "./rule.ts";

/** A Kubernetes object and where it was rendered to. */
export interface PlacedManifest {
  readonly manifest: Manifest;
  readonly source: SourceLocation;
}

/** Judges Kubernetes objects, each by itself and all of them together. Pure; findings are sorted. */
export function checkManifests(active: ActiveChecks, manifests: readonly PlacedManifest[], scope: Scope): Finding[] {
  const checks = active.of("manifest");
  const single = manifests.flatMap(({ manifest, source }) => checks.flatMap(({ rule, level, check }) => findingsOf(rule, level, check(manifest, scope), source, manifestName(manifest))));
  const [first] = manifests;
  if (first === undefined) return [];
  const objects = manifests.map(({ manifest }) => manifest);
  const sources = new Map(manifests.map(({ manifest, source }) => [manifestName(manifest), source]));
  const together = active.of("manifests").flatMap(({ rule, level, check }) =>
    findingsOf(rule, level, check(objects, scope), first.source, undefined).map((finding) => ({ ...finding, ...(finding.object === undefined ? {} : sources.get(finding.object)) })),
  );
  return sortFindings([...single, ...together]);
}

/** `Kind/name`, as people write it. */
export function manifestName(manifest: Manifest): string {
  return `${manifest.kind}/${manifest.metadata?.name ?? "unnamed"}`;
}

/** Reads Kubernetes objects from YAML, one or several documents; what is no object of Kubernetes is left out. */
export function parseManifests(file: string, text: string): PlacedManifest[] {
  return parseAllDocuments(text, { merge: false }).flatMap((document) => {
    const manifest: unknown = document.toJS();
    if (!isManifest(manifest)) return [];
    const line = text.slice(0, document.contents?.range?.[0] ?? 0).split("\n").length;
    return [{ manifest, source: { file, line, column: 1 } }];
  });
}

function isManifest(value: unknown): value is Manifest {
  return typeof value === "object" && value !== null && "apiVersion" in value && typeof value.apiVersion === "string" && "kind" in value && typeof value.kind === "string";
}
