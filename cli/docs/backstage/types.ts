/** The part of Backstage's catalogue model that the kit writes: https://backstage.io/docs/features/software-catalog/descriptor-format */

/** Kinds of entities that are written. */
export type EntityKind = "API" | "Component" | "Domain" | "Group" | "Resource" | "System";

/** An entity. */
export interface Entity {
  readonly apiVersion: "backstage.io/v1alpha1";
  readonly kind: EntityKind;
  readonly metadata: {
    readonly name: string;
    readonly title?: string;
    readonly description?: string;
    readonly tags?: readonly string[];
    readonly annotations?: Readonly<Record<string, string>>;
    readonly links?: readonly { readonly url: string; readonly title: string }[];
  };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** A reference to an entity in the namespace `default`. */
export function entityRef(kind: EntityKind, name: string): string {
  return `${kind.toLowerCase()}:default/${name}`;
}
