import * as pulumi from "@pulumi/pulumi";

/** A reference from one schema to a version of another subject. */
export interface SchemaReference {
  name: pulumi.Input<string>;
  subject: pulumi.Input<string>;
  version: pulumi.Input<number>;
}

/** Arguments of {@link SchemaSubject}. */
export interface SchemaSubjectArgs {
  /** Base URL of a Confluent-compatible API, for Apicurio with `/apis/ccompat/v7`. */
  registryUrl: pulumi.Input<string>;
  /** Name of the subject. A change registers a new subject and removes the old one. */
  subject: pulumi.Input<string>;
  /** The schema as text. */
  schema: pulumi.Input<string>;
  /** Default: `AVRO`. */
  schemaType?: pulumi.Input<"AVRO" | "JSON" | "PROTOBUF">;
  references?: pulumi.Input<pulumi.Input<SchemaReference>[]>;
  /** Compatibility level of the subject. */
  compatibility: pulumi.Input<
    "BACKWARD" | "BACKWARD_TRANSITIVE" | "FORWARD" | "FORWARD_TRANSITIVE" | "FULL" | "FULL_TRANSITIVE" | "NONE"
  >;
}

/**
 * A subject of the schema registry with its newest schema. During a preview, the resource asks the registry whether the
 * schema is compatible. In a preview, a missing registry is not an error. The deletion of the resource soft-deletes the
 * subject. Use `deletedWith` if the registry is deleted too.
 */
export class SchemaSubject extends pulumi.CustomResource {
  declare readonly registryUrl: pulumi.Output<string>;
  declare readonly subject: pulumi.Output<string>;
  declare readonly schema: pulumi.Output<string>;
  declare readonly compatibility: pulumi.Output<string>;
  /** Id of the schema in the wire format's header. */
  declare readonly schemaId: pulumi.Output<number>;
  /** Version within the subject, from 1. */
  declare readonly version: pulumi.Output<number>;

  constructor(name: string, args: SchemaSubjectArgs, options?: pulumi.CustomResourceOptions) {
    super("kit:index:SchemaSubject", name, { ...args, schemaId: undefined, version: undefined }, options);
  }
}
