import type { SourceLocation } from "../components/plan/types.ts";
import { ActiveChecks, findingsOf } from "./evaluate.ts";
import { sortFindings, type Finding } from "./finding.ts";
import type { Manifest, Scope } from "./rule.ts";

/** A Kubernetes object and where it was rendered to. */
export interface PlacedManifest {
  readonly manifest: Manifest;
  readonly source: SourceLocation;
}

/** Judges Kubernetes objects, each by itself. Pure; findings are sorted. */
export function checkManifests(active: ActiveChecks, manifests: readonly PlacedManifest[], scope: Scope): Finding[] {
  const checks = active.of("manifest");
  return sortFindings(
    manifests.flatMap(({ manifest, source }) => checks.flatMap(({ rule, level, check }) => findingsOf(rule, level, check(manifest, scope), source, manifestName(manifest)))),
  );
}

/** `Kind/name`, as people write it. */
export function manifestName(manifest: Manifest): string {
  return `${manifest.kind}/${manifest.metadata?.name ?? "unnamed"}`;
}
