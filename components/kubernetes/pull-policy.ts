/** When a node fetches an image. */
export type PullPolicy = "IfNotPresent" | "Always" | "Never";

/**
 * Whether an image's reference may name another image tomorrow without anybody noticing: the tag `latest`, written or not, without a digest.
 */
export function isLatest(image: string): boolean {
  if (image.includes("@sha256:")) return false;
  const tag = /:([^/:]+)$/.exec(image)?.[1];
  return tag === undefined || tag === "latest";
}

/** The policy that Kubernetes itself would choose: `latest` is fetched each time, what has a version or a digest once. */
export function pullPolicyOf(image: string): PullPolicy {
  return isLatest(image) ? "Always" : "IfNotPresent";
}
