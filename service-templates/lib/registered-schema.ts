/**
 * Avro schemas that refer to types of other subjects. A registry keeps such a schema as its file has it, beside the names,
 * subjects and versions of what it refers to; a codec needs all of them.
 */
import avro from "avsc";

/** A schema as the registry takes it. */
export interface RegisteredSchema {
  /** JSON text. */
  readonly schema: string;
  /** Types that the schema refers to itself, each with the subject that holds it. Absent: none. */
  readonly references?: readonly ReferencedType[];
}

/** A type of another subject. */
export interface ReferencedType extends RegisteredSchema {
  /** Full name. */
  readonly name: string;
  readonly subject: string;
}

/**
 * The codec of a schema with all that it refers to.
 * @throws Error of the codec library, for what is no Avro.
 */
export function avroType({ schema, references = [] }: RegisteredSchema): avro.Type {
  return typeWithin({ schema, references }, {});
}

function typeWithin({ schema, references = [] }: RegisteredSchema, registry: Record<string, avro.Type>): avro.Type {
  for (const reference of references) if (registry[reference.name] === undefined) typeWithin(reference, registry);
  return avro.Type.forSchema(JSON.parse(schema) as avro.Schema, { registry });
}

/** The schema as one JSON text, each type in place of the first mention of its name. */
export function selfContained(schema: RegisteredSchema): string {
  if ((schema.references ?? []).length === 0) return schema.schema;
  return JSON.stringify(avroType(schema).schema({ exportAttrs: true }));
}
