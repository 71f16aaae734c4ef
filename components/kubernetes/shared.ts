import type { Manifest } from "./manifest.ts";

/**
 * Who writes the fields of shared objects, for the API server: the same for every platform and every run, so that a platform that was
 * destroyed, whose objects stay, is in nobody's way. Another installation's objects of another release are refused with a conflict.
 */
const FIELD_MANAGER = "event-platform-kit";

/**
 * An object of the whole cluster that several platforms use under one name: definitions of resources, the brokers' role. It is written by
 * all of them, and stays when one of them goes (`retainOnDelete`): with the definitions every Kafka cluster of everybody would go.
 */
export function shared(manifest: Manifest): Manifest {
  const { metadata } = manifest;
  return {
    ...manifest,
    metadata: { ...metadata, annotations: { ...metadata.annotations, "pulumi.com/patchFieldManager": FIELD_MANAGER } },
  };
}

/** Label of a namespace that names the stack it belongs to. A second stack of a cluster that would take the namespace over is refused with a conflict. */
export function stackLabel(stack: string): Record<string, string> {
  return { "event-platform/stack": stack };
}
