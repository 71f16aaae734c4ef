import * as pulumi from "@pulumi/pulumi";

/**
 * Base of every component of the kit: sets the type token (`platform:<kind>`) and hands children
 * their parent, so that no component repeats it.
 */
export abstract class KitComponent extends pulumi.ComponentResource {
  /**
   * @param kind - Component kind, last part of the type token, for example `kafka:LocalCluster`.
   * @param name - Pulumi name; unique among components of the kind.
   */
  constructor(kind: string, name: string, opts?: pulumi.ComponentResourceOptions) {
    super(`platform:${kind}`, name, {}, opts);
  }

  /** Options for a child resource: this component as parent, plus what the caller adds. */
  protected child(options: pulumi.CustomResourceOptions = {}): pulumi.CustomResourceOptions {
    return { parent: this, ...options };
  }
}
