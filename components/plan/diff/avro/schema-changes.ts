import { nameOfType, parseAvro, type AvroRecordType, type AvroType } from "./schema-tree.ts";

/** What a change of a schema consists of, in words, and what of it changes the meaning of bytes that still decode. */
export interface SchemaChanges {
  /** One entry per place: `couponCode (string) added with default ""`. Sorted by place. */
  readonly described: readonly string[];
  /** Places where old and new readers decode the same bytes to another meaning. */
  readonly meaning: readonly string[];
}

/** Compares two versions of a schema, place by place. */
export function schemaChanges(before: string, after: string): SchemaChanges {
  const described: string[] = [];
  const meaning: string[] = [];
  const seen = new Map<AvroType, Set<AvroType>>();

  const records = (old: AvroRecordType, fresh: AvroRecordType, path: string): void => {
    const done = seen.get(old) ?? new Set();
    if (done.has(fresh)) return;
    seen.set(old, done.add(fresh));
    if (old.name !== fresh.name) described.push(`${path === "" ? "the record" : path} is called ${fresh.name} instead of ${old.name}`);
    const left = new Map(old.fields.map((field) => [field.name, field]));
    for (const field of fresh.fields) {
      const where = path === "" ? field.name : `${path}.${field.name}`;
      const source = [field.name, ...field.aliases].map((name) => left.get(name)).find((found) => found !== undefined);
      if (source === undefined) {
        described.push(`${where} (${nameOfType(field.type)}) added ${field.default === undefined ? "without a default" : `with default ${field.default}`}`);
        continue;
      }
      left.delete(source.name);
      if (source.name !== field.name) described.push(`${where} takes the place of ${source.name} (alias)`);
      if (source.default !== field.default) described.push(`${where}: default ${source.default ?? "none"} becomes ${field.default ?? "none"}`);
      types(source.type, field.type, where);
    }
    for (const field of left.values()) described.push(`${path === "" ? field.name : `${path}.${field.name}`} (${nameOfType(field.type)}) removed`);
  };

  const types = (old: AvroType, fresh: AvroType, path: string): void => {
    if (old.kind === "record" && fresh.kind === "record") return records(old, fresh, path);
    if ((old.kind === "array" || old.kind === "map") && old.kind === fresh.kind) return types(old.items, fresh.items, `${path}${old.kind === "array" ? "[]" : "{}"}`);
    if (old.kind === "enum" && fresh.kind === "enum" && old.name === fresh.name) {
      const added = fresh.symbols.filter((symbol) => !old.symbols.includes(symbol));
      const removed = old.symbols.filter((symbol) => !fresh.symbols.includes(symbol));
      if (added.length > 0) described.push(`${path}: ${added.join(", ")} added to ${fresh.name}`);
      if (removed.length > 0) described.push(`${path}: ${removed.join(", ")} removed from ${fresh.name}`);
      if (old.default !== fresh.default) described.push(`${path}: default of ${fresh.name} is ${fresh.default ?? "none"} instead of ${old.default ?? "none"}`);
      return;
    }
    if (old.kind === "union" && fresh.kind === "union" && old.branches.length === fresh.branches.length) {
      old.branches.forEach((branch, index) => {
        const other = fresh.branches[index];
        if (other !== undefined) types(branch, other, path);
      });
      return;
    }
    const was = shapeOf(old);
    const is = shapeOf(fresh);
    if (was === is) return;
    described.push(`${path}: ${was} becomes ${is}`);
    if (old.kind === fresh.kind && "logical" in old !== "logical" in fresh) meaning.push(`${path} was ${was} and is ${is}: the bytes stay readable and mean something else`);
    else if ("logical" in old && "logical" in fresh && old.logical !== fresh.logical) meaning.push(`${path} was ${was} and is ${is}: the bytes stay readable and mean something else`);
  };

  types(parseAvro(before), parseAvro(after), "");
  return { described: described.sort(), meaning: meaning.sort() };
}

function shapeOf(type: AvroType): string {
  if (type.kind !== "fixed") return nameOfType(type);
  return `${type.name} of ${type.size} bytes${type.logical === undefined ? "" : ` (${type.logical})`}`;
}
