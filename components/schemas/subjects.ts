import type * as pulumi from "@pulumi/pulumi";
import { KitComponent } from "../component.ts";
import type { PlannedSubject } from "../plan/types.ts";
import { SchemaSubject } from "../provider/resources.ts";
import type { SchemaRegistry } from "./registry.ts";

/** Arguments of {@link SchemaSubjects}. */
export interface SchemaSubjectsArgs {
  readonly registry: SchemaRegistry;
  readonly subjects: readonly PlannedSubject[];
}

/** One registry subject per event type, each with its own compatibility and history. */
export class SchemaSubjects extends KitComponent {
  readonly #byName: ReadonlyMap<string, SchemaSubject>;

  constructor(name: string, args: SchemaSubjectsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("schemas:Subjects", name, opts);
    this.#byName = new Map(
      args.subjects.map((subject) => [
        subject.name,
        new SchemaSubject(
          subject.name,
          {
            registryUrl: args.registry.adminUrl,
            subject: subject.name,
            schemaType: "AVRO",
            schema: subject.schema,
            compatibility: subject.compatibility,
          },
          this.child({ dependsOn: [args.registry.owner], deletedWith: args.registry.owner }),
        ),
      ]),
    );
    this.registerOutputs({});
  }

  /** The subject resource of a name in the plan. */
  resource(name: string): pulumi.Resource {
    const subject = this.#byName.get(name);
    if (subject === undefined) throw new Error(`No subject ${name} in the plan.`);
    return subject;
  }
}
