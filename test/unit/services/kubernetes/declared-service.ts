import * as pulumi from "@pulumi/pulumi";
import type { RenderContext } from "../../../../components/services/kubernetes/context.ts";
import { servicesBounds, servicesNamespace } from "../../../../components/services/kubernetes/namespace.ts";
import type { Manifest } from "../../../../policies/rule.ts";
import { PEERS } from "./sample-workload.ts";

/** Everything a service's component declares, in order, against Pulumi's mocks. */
export async function declaredManifests(contexts: readonly RenderContext[]): Promise<Manifest[]> {
  const manifests: Manifest[] = [];
  await pulumi.runtime.setMocks({
    newResource({ name, inputs, id }) {
      if (isManifest(inputs)) manifests.push(plain(inputs));
      return { id: id ?? name, state: inputs };
    },
    call: ({ inputs }) => inputs,
  });
  const kubernetes = await import("@pulumi/kubernetes");
  const { KubernetesService } = await import("../../../../components/services/kubernetes/service.ts");
  const provider = new kubernetes.Provider("test", {});
  for (const context of contexts) new KubernetesService({ ...context, provider, peers: PEERS });
  await pulumi.runtime.disconnect();
  return manifests;
}

/** What stands around services: their namespace and its guards. */
export function namespaceManifests(contexts: readonly RenderContext[]): Manifest[] {
  const [first] = contexts;
  if (first === undefined) return [];
  return [
    ...servicesNamespace("services", "dev"),
    servicesBounds(
      "services",
      contexts.map(({ workload }) => workload),
      first.settings,
    ),
  ].map(plain);
}

function isManifest(value: unknown): value is Manifest {
  return typeof value === "object" && value !== null && "apiVersion" in value && "kind" in value;
}

/** As a file would hold it: no undefined, no wrapped secrets. */
function plain(value: object): Manifest {
  const copy: unknown = JSON.parse(JSON.stringify(value));
  if (!isManifest(copy)) throw new Error("not an object of Kubernetes");
  return copy;
}
