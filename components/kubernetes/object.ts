import { createRequire } from "node:module";
import * as pulumi from "@pulumi/pulumi";
import type { Manifest } from "./manifest.ts";

const { version } = createRequire(import.meta.url)("@pulumi/kubernetes/package.json") as { readonly version: string };

/**
 * One object in a cluster, from its manifest: what the pure builders return is what is applied and rendered. The type
 * tokens are those of the classes of `@pulumi/kubernetes`, so that policies and other tools see what they know.
 */
export class KubernetesObject extends pulumi.CustomResource {
  /** The object's status as the cluster last gave it; unknown in the preview of a new object. */
  declare readonly status: pulumi.Output<unknown>;

  /**
   * @param manifest - The object.
   * @param options - `provider` and whatever else the engine should know.
   * @param lasting - Name of the resource where the object's own name changes from release to release. Default: the object's.
   */
  constructor(manifest: Manifest, options: pulumi.CustomResourceOptions, lasting = manifest.metadata.name) {
    const { namespace } = manifest.metadata;
    const secrets = manifest.kind === "Secret" ? { additionalSecretOutputs: ["data", "stringData"] } : {};
    super(
      typeToken(manifest),
      namespace === undefined ? lasting : `${namespace}/${lasting}`,
      { ...manifest, status: undefined },
      pulumi.mergeOptions({ version, ...secrets }, options),
    );
  }
}

/** Token of a kind: `kubernetes:apps/v1:Deployment`; the core group, whose API version is bare, is spelled out. */
export function typeToken({ apiVersion, kind }: Pick<Manifest, "apiVersion" | "kind">): string {
  return `kubernetes:${apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`}:${kind}`;
}
