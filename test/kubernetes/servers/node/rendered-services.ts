import { readRendered } from "../../judges/finding.ts";
import type { ApiObject } from "../api-client.ts";

/** Namespace of the services in every stack. */
export const SERVICES_NAMESPACE = "services";
/** What needs a server that is not there, or a definition. */
const LEFT_OUT = ["Job", "PodMonitor", "ServiceMonitor", "ScaledObject"];
const ORDER = ["Namespace", "ResourceQuota", "LimitRange", "ServiceAccount"];

/**
 * The services of a stack as `kit render` wrote them, in an order in which a cluster takes them: nothing is changed but
 * the rule to ask the registry for an image each time.
 */
export async function renderedServices(folder: string): Promise<readonly ApiObject[]> {
  const place = ({ kind }: ApiObject): number => (ORDER.includes(kind) ? ORDER.indexOf(kind) : ORDER.length);
  return (await readRendered(folder))
    .map(({ object }) => object)
    .filter(
      ({ kind, metadata }) =>
        (metadata.namespace === SERVICES_NAMESPACE || (kind === "Namespace" && metadata.name === SERVICES_NAMESPACE)) &&
        !LEFT_OUT.includes(kind),
    )
    .toSorted((a, b) => place(a) - place(b))
    .map(
      (object): ApiObject =>
        JSON.parse(JSON.stringify(object), (key, value: unknown) =>
          key === "imagePullPolicy" ? "IfNotPresent" : value,
        ) as ApiObject,
    );
}
