import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { compareText } from "../model/problems/problem.ts";

/**
 * Annotation of pods with the digest of everything that their process reads at start, so that a change causes a rolling
 * restart.
 */
export const CHECKSUM_ANNOTATION = "event-platform/config-checksum";

/** Files that a process reads at start. */
export interface StartFiles {
  /** Files by name. Some may be secret. */
  readonly files: readonly (readonly [name: string, content: pulumi.Input<string>])[];
  /** Schemas by path. */
  readonly schemas: readonly (readonly [path: string, content: string])[];
}

/**
 * Returns the digest for {@link CHECKSUM_ANNOTATION}. Passwords among the files are random and long, so the digest over
 * all files reveals nothing and need not be secret.
 */
export function filesDigest({ files, schemas }: StartFiles): pulumi.Output<string> {
  const parts = { files: [...files].sort(([a], [b]) => compareText(a, b)), schemas };
  return pulumi.unsecret(
    pulumi.output(parts).apply((resolved) => createHash("sha256").update(JSON.stringify(resolved)).digest("hex")),
  );
}
