import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** An object of a type that Kubernetes learns from somebody else, as its custom resource definition wants it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: types.input.meta.v1.ObjectMeta & { readonly name: string };
  readonly spec: pulumi.Input<Record<string, unknown>>;
}
