import { createRequire } from "node:module";
import * as pulumi from "@pulumi/pulumi";
import type { Manifest } from "./manifest.ts";

const { version } = createRequire(import.meta.url)("@pulumi/kubernetes/package.json") as { readonly version: string };

/**
 * One object in a cluster, from its manifest. The same output of the pure builders is thus applied and rendered. The
 * type tokens are those of the classes of `@pulumi/kubernetes`, so that policies and other tools recognise them.
 */
export class KubernetesObject extends pulumi.CustomResource {
  /** Status of the object, as the cluster last reported it. Unknown in the preview of a new object. */
  declare readonly status: pulumi.Output<unknown>;

  /**
   * @param manifest - The object.
   * @param options - `provider` and other options of the resource.
   * @param lasting - Name of the resource, if the object's own name changes from release to release. Default: the
   * object's name.
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

/**
 * Returns the type token of a kind: `kubernetes:apps/v1:Deployment`. The core group has an API version without a group,
 * so its name is added.
 */
export function typeToken({ apiVersion, kind }: Pick<Manifest, "apiVersion" | "kind">): string {
  return `kubernetes:${apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`}:${kind}`;
}
