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
  /** The operator's namespace with its guards. */
  readonly dependsOn: readonly pulumi.Resource[];
  /** Whether the engine must refuse to delete the definitions. */
  readonly protect: boolean;
}

/** Installs Strimzi: what all platforms of a cluster share, which stays when this one goes, and an operator of its own. */
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
    // The operator starts with its rights, and ends before they are taken away.
    const before = manifest.kind === "Deployment" ? installed : [];
    installed.push(new KubernetesObject(manifest, { provider, dependsOn: [...dependsOn, ...common, ...before] }));
  }
  return installed;
}
