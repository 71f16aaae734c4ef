import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { compareText } from "../model/problem.ts";

/**
 * A digest of files, not secret although they may be: it goes into a pod's annotations. What is secret among them has 192 bits,
 * so the digest tells nothing.
 */
export function filesDigest(files: Readonly<Record<string, pulumi.Input<string>>>): pulumi.Output<string> {
  const digest = pulumi.output(files).apply((contents) => {
    const hash = createHash("sha256");
    for (const [name, content] of Object.entries(contents).sort(([a], [b]) => compareText(a, b)))
      hash.update(name).update("\0").update(content).update("\0");
    return hash.digest("hex").slice(0, 32);
  });
  return pulumi.unsecret(digest);
}
