import type * as pulumi from "@pulumi/pulumi";
import type { Manifest } from "../../kubernetes/manifest.ts";
import { KubernetesObject } from "../../kubernetes/object.ts";
import { shared } from "../../kubernetes/shared.ts";
import { brokerRole, type OperatorInput, operatorManifests } from "./operator.ts";

/** Arguments of {@link installStrimzi}. */
export interface StrimziInstallationArgs extends OperatorInput {
  /** Strimzi's resource definitions. */
  readonly definitions: readonly Manifest[];
  readonly provider: pulumi.ProviderResource;
  /** The operator's namespace with its protections. */
  readonly dependsOn: readonly pulumi.Resource[];
  /** Whether the engine must refuse to delete the definitions. */
  readonly protect: boolean;
}

/**
 * Installs Strimzi: an operator for this platform, and the resources that all platforms of a cluster share. The shared
 * resources stay when this platform is removed.
 */
export function installStrimzi({
  definitions,
  provider,
  dependsOn,
  protect,
  ...input
}: StrimziInstallationArgs): readonly KubernetesObject[] {
  const common = [...definitions, brokerRole()].map(
    (manifest) => new KubernetesObject(shared(manifest), { provider, protect, retainOnDelete: true }),
  );
  const installed: KubernetesObject[] = [];
  for (const manifest of operatorManifests(input)) {
    // The operator starts after its rights exist, and ends before they are removed.
    const before = manifest.kind === "Deployment" ? installed : [];
    installed.push(new KubernetesObject(manifest, { provider, dependsOn: [...dependsOn, ...common, ...before] }));
  }
  return installed;
}
