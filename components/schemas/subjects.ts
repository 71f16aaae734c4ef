import type * as pulumi from "@pulumi/pulumi";
import { KitComponent } from "../component.ts";
import { registrationOrder } from "../plan/subjects.ts";
import type { PlannedSharedSubject, PlannedSubject } from "../plan/types.ts";
import { SchemaSubject } from "../provider/resources.ts";
import type { SchemaRegistry } from "./registry.ts";

/** Arguments of {@link SchemaSubjects}. */
export interface SchemaSubjectsArgs {
  readonly registry: SchemaRegistry;
  readonly subjects: readonly PlannedSubject[];
  readonly sharedSubjects: readonly PlannedSharedSubject[];
}

/**
 * The subjects of the registry: one per event type, each with its own compatibility and history, and one per shared
 * type. Shared types are registered first. A schema refers to the version that the same run registers.
 */
export class SchemaSubjects extends KitComponent {
  readonly #byName: ReadonlyMap<string, SchemaSubject>;

  constructor(name: string, args: SchemaSubjectsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("schemas:Subjects", name, opts);
    const { registry } = args;
    const register = (
      name: string,
      schema: string,
      compatibility: PlannedSubject["compatibility"],
      references: readonly string[],
      schemaType: "AVRO" | "JSON" | "PROTOBUF" = "AVRO",
    ): SchemaSubject =>
      new SchemaSubject(
        name,
        {
          registryUrl: registry.adminUrl,
          subject: name,
          schemaType,
          schema,
          compatibility,
          ...(references.length === 0
            ? {}
            : { references: references.map((type) => ({ name: type, subject: type, version: shared(type).version })) }),
        },
        this.child({ dependsOn: [registry.owner], deletedWith: registry.owner }),
      );
    const sharedByName = new Map<string, SchemaSubject>();
    const shared = (name: string): SchemaSubject => {
      const subject = sharedByName.get(name);
      if (subject === undefined) throw new Error(`No shared subject ${name} in the plan.`);
      return subject;
    };
    for (const { name, schema, compatibility, references } of registrationOrder(args.sharedSubjects))
      sharedByName.set(name, register(name, schema, compatibility, references));
    this.#byName = new Map(
      args.subjects.map(({ name, schema, schemaType, compatibility, references }) => [
        name,
        register(name, schema, compatibility, references?.subjects ?? [], schemaType),
      ]),
    );
    this.registerOutputs({});
  }

  /** Returns the resource of a subject by its name in the plan. */
  resource(name: string): pulumi.Resource {
    const subject = this.#byName.get(name);
    if (subject === undefined) throw new Error(`No subject ${name} in the plan.`);
    return subject;
  }
}
