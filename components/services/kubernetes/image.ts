import type { KubernetesWorkloadSettings } from "../../model/stack/stack-workload.ts";

/** Reference of a service's image: by digest where the stack has one; the tag beside it only tells people the version. */
export function imageReference(service: string, { images }: KubernetesWorkloadSettings): string {
  const name = `${images.registry}/${images.repository}/${service}:${images.tag}`;
  const digest = Object.hasOwn(images.digests, service) ? images.digests[service] : undefined;
  return digest === undefined ? name : `${name}@${digest}`;
}
