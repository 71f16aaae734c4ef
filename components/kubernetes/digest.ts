import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { compareText } from "../model/problems/problem.ts";

/** Annotation of pods with the digest of everything their process reads at its start, so that a change of any of it rolls them. */
export const CHECKSUM_ANNOTATION = "event-platform/config-checksum";

/** Everything a process reads at its start. */
export interface StartFiles {
  /** Files by name; some may be secret. */
  readonly files: readonly (readonly [name: string, content: pulumi.Input<string>])[];
  /** Schemas by path. */
  readonly schemas: readonly (readonly [path: string, content: string])[];
}

/** The digest for {@link CHECKSUM_ANNOTATION}. Passwords among the files are random and long: a digest over all of them tells nothing, so it may be seen. */
export function filesDigest({ files, schemas }: StartFiles): pulumi.Output<string> {
  const parts = { files: [...files].sort(([a], [b]) => compareText(a, b)), schemas };
  return pulumi.unsecret(
    pulumi.output(parts).apply((resolved) => createHash("sha256").update(JSON.stringify(resolved)).digest("hex")),
  );
}
