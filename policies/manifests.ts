import { type Document, LineCounter, parseAllDocuments } from "yaml";
import type { SourceLocation } from "../components/model/problems/source-location.ts";
import { type ActiveChecks, findingsOf } from "./evaluate.ts";
import { type Finding, sortFindings } from "./finding.ts";
import type { Manifest, Scope } from "./rule.ts";

/** A Kubernetes object and the file that it was rendered to. */
export interface PlacedManifest {
  readonly manifest: Manifest;
  readonly source: SourceLocation;
}

/** Judges Kubernetes objects, each by itself and all together. Pure; findings are sorted. */
export function checkManifests(active: ActiveChecks, manifests: readonly PlacedManifest[], scope: Scope): Finding[] {
  const checks = active.of("manifest");
  const single = manifests.flatMap(({ manifest, source }) =>
    checks.flatMap(({ rule, level, check }) =>
      findingsOf(rule, level, check(manifest, scope), source, manifestName(manifest)),
    ),
  );
  const [first] = manifests;
  if (first === undefined) return [];
  const objects = manifests.map(({ manifest }) => manifest);
  const sources = new Map(manifests.map(({ manifest, source }) => [manifestName(manifest), source]));
  const together = active.of("manifests").flatMap(({ rule, level, check }) =>
    findingsOf(rule, level, check(objects, scope), first.source, undefined).map((finding) => ({
      ...finding,
      ...(finding.object === undefined ? {} : sources.get(finding.object)),
    })),
  );
  return sortFindings([...single, ...together]);
}

/** Returns `Kind/name`, as users write it. */
export function manifestName(manifest: Manifest): string {
  return `${manifest.kind}/${manifest.metadata?.name ?? "unnamed"}`;
}

/** Error for a text that is not YAML. */
export class ManifestSyntaxError extends Error {}

/**
 * Reads Kubernetes objects from YAML or JSON: one or several documents, and the items of a `List`. Other documents are
 * ignored.
 * @throws ManifestSyntaxError with `file:line:column` and what is wrong there.
 */
export function parseManifests(file: string, text: string): PlacedManifest[] {
  const lines = new LineCounter();
  return parseAllDocuments(text, { merge: false, lineCounter: lines }).flatMap((document) => {
    const [fault] = document.errors;
    if (fault !== undefined) {
      const { line, col } = lines.linePos(fault.pos[0]);
      throw new ManifestSyntaxError(
        `${file}:${line}:${col} ${fault.message.split("\n")[0]?.replace(/ at line \d+, column \d+:?$/, "") ?? ""}`,
      );
    }
    const line = Math.max(1, lines.linePos(document.contents?.range?.[0] ?? 0).line);
    return objectsIn(plainValue(document, `${file}:${line}:1`)).map((manifest) => ({
      manifest,
      source: { file, line, column: 1 },
    }));
  });
}

/** Returns the plain value of a document. The parser refuses aliases that expand without a limit. */
function plainValue(document: Document, place: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new ManifestSyntaxError(`${place} ${error instanceof Error ? error.message : String(error)}`);
  }
}

function objectsIn(value: unknown): Manifest[] {
  if (!isManifest(value)) return [];
  const { kind, items } = value;
  return kind.endsWith("List") && Array.isArray(items) ? items.flatMap(objectsIn) : [value];
}

function isManifest(value: unknown): value is Manifest {
  return (
    typeof value === "object" &&
    value !== null &&
    "apiVersion" in value &&
    typeof value.apiVersion === "string" &&
    "kind" in value &&
    typeof value.kind === "string"
  );
}
