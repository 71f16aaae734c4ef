import type { KubernetesWorkloadSettings } from "../../model/stack/stack-workload.ts";

/**
 * Returns the reference of a service's image: by digest if the stack has one. The tag beside it only shows the version
 * to users.
 */
export function imageReference(service: string, { images }: KubernetesWorkloadSettings): string {
  const name = `${images.registry}/${images.repository}/${service}:${images.tag}`;
  const digest = Object.hasOwn(images.digests, service) ? images.digests[service] : undefined;
  return digest === undefined ? name : `${name}@${digest}`;
}
