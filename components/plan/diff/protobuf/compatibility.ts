import type { ProtobufField, ProtobufMessage, ProtobufSchema } from "../../../model/schemas/protobuf-event-schema.ts";
import type { Incompatibility } from "../level.ts";

/*
 * This file decides whether two versions of a Protobuf schema are compatible. A field is known by its number on the
 * wire and by its name in JSON, so both are kept forever: a removed field must be reserved. The same rules hold in both
 * directions. A test compares the rules with Apicurio's check: Apicurio accepts each change that this file calls
 * compatible.
 */

/** Returns every location at which one version would misread records of the other. */
export function protobufIncompatibilities(fresh: ProtobufSchema, old: ProtobufSchema): Incompatibility[] {
  const found: Incompatibility[] = [];
  const seen = new Set<string>();
  const messages = (was: ProtobufMessage, is: ProtobufMessage, path: string): void => {
    if (seen.has(was.name)) return;
    seen.add(was.name);
    const byNumber = new Map(is.fields.map((field) => [field.number, field]));
    for (const [from, to] of was.numbers)
      if (!is.numbers.some(([first, last]) => first <= from && last >= to))
        found.push({
          path,
          message: `the reserved ${from === to ? `number ${from}` : `numbers ${from} to ${to}`} may be used again`,
          fix: `keep reserved ${from === to ? from : `${from} to ${to}`}`,
        });
    for (const name of was.names)
      if (!is.names.includes(name))
        found.push({ path, message: `the reserved name ${name} may be used again`, fix: `keep reserved "${name}"` });
    for (const field of was.fields) {
      const where = path === "" ? field.name : `${path}.${field.name}`;
      const other = byNumber.get(field.number);
      if (other === undefined) {
        const moved = is.fields.find(({ name }) => name === field.name);
        if (moved !== undefined)
          found.push({
            path: where,
            message: `its number is ${moved.number} instead of ${field.number}: records already written hold it under the other`,
            fix: `keep the number ${field.number}`,
          });
        else if (!reserves(is, field))
          found.push({
            path: where,
            message: `number ${field.number} goes and is not reserved: another field could take it, and read old records wrongly`,
            fix: `write reserved ${field.number}; reserved "${field.name}";`,
          });
        continue;
      }
      compareFields(field, other, where);
    }
  };
  const compareFields = (was: ProtobufField, is: ProtobufField, where: string): void => {
    if (was.name !== is.name)
      found.push({
        path: where,
        message: `number ${was.number} is called ${is.name} now, in JSON and in generated code`,
        fix: `keep the name ${was.name}`,
      });
    if (was.type !== is.type)
      found.push({
        path: where,
        message: `${was.type} becomes ${is.type}`,
        fix: `keep ${was.type}, or add a field of another number beside it`,
      });
    else if (was.label !== is.label)
      found.push({
        path: where,
        message: `${was.label ?? "a single value"} becomes ${is.label ?? "a single value"}`,
        fix: `keep it ${was.label ?? "single"}, or add a field of another number beside it`,
      });
    const [left, right] = [old.messages.get(was.type), fresh.messages.get(is.type)];
    if (left !== undefined && right !== undefined && was.type === is.type) messages(left, right, where);
    const [values, kept] = [old.enums.get(was.type), fresh.enums.get(is.type)];
    if (values === undefined || kept === undefined || was.type !== is.type) return;
    for (const [number, names] of values.values) {
      const now = kept.values.get(number);
      const [name = ""] = names;
      if (now === undefined && !(covers(kept.numbers, number) && names.every((each) => kept.names.includes(each))))
        found.push({
          path: where,
          message: `${name} = ${number} goes from ${was.type} and is not reserved`,
          fix: `write reserved ${number}; reserved "${name}"; in ${was.type}`,
        });
      else if (now !== undefined && !names.some((each) => now.includes(each)))
        found.push({
          path: where,
          message: `${name} = ${number} is called ${now.join(", ")} now`,
          fix: `keep the name ${name}`,
        });
    }
  };
  const [was, is] = [old.messages.get(old.record), fresh.messages.get(fresh.record)];
  if (was !== undefined && is !== undefined) messages(was, is, "");
  return found;
}

function reserves(message: ProtobufMessage, field: ProtobufField): boolean {
  return covers(message.numbers, field.number) && message.names.includes(field.name);
}

function covers(ranges: readonly (readonly [number, number])[], number: number): boolean {
  return ranges.some(([from, to]) => from <= number && number <= to);
}
