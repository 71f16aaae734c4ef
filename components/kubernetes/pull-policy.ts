/** When a node pulls an image. */
export type PullPolicy = "IfNotPresent" | "Always" | "Never";

/**
 * Returns whether an image reference may silently point to another image later: it has the tag `latest`, explicit or
 * implied, and no digest.
 */
export function isLatest(image: string): boolean {
  if (image.includes("@sha256:")) return false;
  const tag = /:([^/:]+)$/.exec(image)?.[1];
  return tag === undefined || tag === "latest";
}

/** Returns Kubernetes' own default: `latest` is pulled each time, an image with a version or a digest once. */
export function pullPolicyOf(image: string): PullPolicy {
  return isLatest(image) ? "Always" : "IfNotPresent";
}
