/**
 * Avro schemas that refer to types of other subjects. A registry stores such a schema as its file contains it, with the
 * names, subjects and versions of its references; a codec needs all of them.
 */
import avro from "avsc";

/** A schema as the registry stores it. */
export interface RegisteredSchema {
  /** JSON text. */
  readonly schema: string;
  /** Types that the schema refers to directly, each with its subject. Absent: none. */
  readonly references?: readonly ReferencedType[];
}

/** A type of another subject. */
export interface ReferencedType extends RegisteredSchema {
  /** Full name. */
  readonly name: string;
  readonly subject: string;
}

/**
 * Returns the codec of a schema, including all its references.
 * @throws Error of the codec library if the schema is not Avro.
 */
export function avroType({ schema, references = [] }: RegisteredSchema): avro.Type {
  return typeWithin({ schema, references }, {});
}

function typeWithin({ schema, references = [] }: RegisteredSchema, registry: Record<string, avro.Type>): avro.Type {
  for (const reference of references) if (registry[reference.name] === undefined) typeWithin(reference, registry);
  return avro.Type.forSchema(JSON.parse(schema) as avro.Schema, { registry });
}

/** Returns the schema as one JSON text, with each type inlined at the first mention of its name. */
export function selfContained(schema: RegisteredSchema): string {
  if ((schema.references ?? []).length === 0) return schema.schema;
  return JSON.stringify(avroType(schema).schema({ exportAttrs: true }));
}
