import type { ProtobufField, ProtobufSchema } from "../../../model/schemas/protobuf-event-schema.ts";
import type { SchemaChanges } from "../avro/schema-changes.ts";

/** Compares two versions of a Protobuf schema, field by field and value by value. */
export function protobufChanges(old: ProtobufSchema, fresh: ProtobufSchema): SchemaChanges {
  const described: string[] = [];
  const meaning: string[] = [];
  const short = (name: string): string => name.slice(name.lastIndexOf(".") + 1);
  for (const [name, is] of fresh.messages) {
    const was = old.messages.get(name) ?? (name === fresh.record ? old.messages.get(old.record) : undefined);
    if (was === undefined) {
      described.push(`message ${short(name)} added`);
      continue;
    }
    const before = new Map(was.fields.map((field) => [field.number, field]));
    for (const field of is.fields) {
      const other = before.get(field.number);
      if (other === undefined) described.push(`${short(name)}: ${textOf(field)} added`);
      else if (textOf(other) !== textOf(field))
        described.push(`${short(name)}: ${textOf(other)} becomes ${textOf(field)}`);
    }
    for (const field of was.fields.filter(({ number }) => !is.fields.some((each) => each.number === number))) {
      described.push(`${short(name)}: ${textOf(field)} removed`);
      meaning.push(
        `${field.name} of ${short(name)} is no longer written: readers that know it find its default, and can't tell that from a value`,
      );
    }
  }
  for (const [name, is] of fresh.enums) {
    const was = old.enums.get(name);
    if (was === undefined) {
      described.push(`enum ${short(name)} added`);
      continue;
    }
    for (const [number, names] of is.values)
      if (!was.values.has(number))
        described.push(`${short(name)}: ${names.join(", ")} = ${number} added; earlier readers see the number`);
    for (const [number, names] of was.values)
      if (!is.values.has(number)) described.push(`${short(name)}: ${names.join(", ")} = ${number} removed`);
  }
  for (const name of old.messages.keys())
    if (!fresh.messages.has(name) && name !== old.record) described.push(`message ${short(name)} removed`);
  for (const name of old.enums.keys()) if (!fresh.enums.has(name)) described.push(`enum ${short(name)} removed`);
  return { described: described.sort(), meaning: meaning.sort() };
}

function textOf({ label, type, name, number }: ProtobufField): string {
  return `${label === undefined ? "" : `${label} `}${type} ${name} = ${number}`;
}
