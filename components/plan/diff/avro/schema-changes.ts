import { type AvroRecordType, type AvroType, nameOfType, parseAvro } from "./schema-tree.ts";

/**
 * The differences between two versions of a schema in words, and those of them that change the meaning of bytes that
 * still decode.
 */
export interface SchemaChanges {
  /** One entry per location: `couponCode (string) added with default ""`. Sorted by location. */
  readonly described: readonly string[];
  /** Locations where consumers with the old and the new schema decode the same bytes to different values. */
  readonly meaning: readonly string[];
}

/** Compares two versions of a schema, location by location. */
export function schemaChanges(before: string, after: string): SchemaChanges {
  const described: string[] = [];
  const meaning: string[] = [];
  const seen = new Map<AvroType, Set<AvroType>>();

  const records = (old: AvroRecordType, fresh: AvroRecordType, path: string): void => {
    const done = seen.get(old) ?? new Set();
    if (done.has(fresh)) return;
    seen.set(old, done.add(fresh));
    if (old.name !== fresh.name)
      described.push(`${path === "" ? "the record" : path} is called ${fresh.name} instead of ${old.name}`);
    const left = new Map(old.fields.map((field) => [field.name, field]));
    for (const field of fresh.fields) {
      const where = path === "" ? field.name : `${path}.${field.name}`;
      const source = [field.name, ...field.aliases].map((name) => left.get(name)).find((found) => found !== undefined);
      if (source === undefined) {
        described.push(
          `${where} (${nameOfType(field.type)}) added ${field.default === undefined ? "without a default" : `with default ${field.default}`}`,
        );
        continue;
      }
      left.delete(source.name);
      if (source.name !== field.name) described.push(`${where} takes the place of ${source.name} (alias)`);
      if (source.default !== field.default) {
        described.push(`${where}: default ${source.default ?? "none"} becomes ${field.default ?? "none"}`);
        if (source.default !== undefined && field.default !== undefined)
          meaning.push(
            `${where} is read as ${field.default} instead of ${source.default} where a record does not have it`,
          );
      }
      types(source.type, field.type, where);
    }
    for (const field of left.values())
      described.push(`${path === "" ? field.name : `${path}.${field.name}`} (${nameOfType(field.type)}) removed`);
  };

  /** Compares the branches of two unions. Branches are matched by their identity, not by their position. */
  const unions = (old: readonly AvroType[], fresh: readonly AvroType[], path: string): void => {
    const left = new Map(old.map((branch) => [identityOf(branch), branch]));
    const kept: string[] = [];
    const added: AvroType[] = [];
    for (const branch of fresh) {
      const identity = identityOf(branch);
      const other = left.get(identity);
      if (other === undefined) added.push(branch);
      else {
        kept.push(identity);
        left.delete(identity);
        types(other, branch, path);
      }
    }
    const gone = [...left.values()];
    const [one, another] = [gone[0], added[0]];
    // If one type replaces one other type, this is one change of the type.
    if (gone.length === 1 && added.length === 1 && one !== undefined && another !== undefined)
      types(one, another, path);
    else {
      if (added.length > 0) described.push(`${path}: may also be ${added.map(shapeOf).join(" or ")}`);
      if (gone.length > 0) described.push(`${path}: may no longer be ${gone.map(shapeOf).join(" or ")}`);
    }
    const before = old.map(identityOf).filter((identity) => kept.includes(identity));
    if (before.join() !== kept.join()) described.push(`${path}: the same types in another order`);
  };

  const types = (old: AvroType, fresh: AvroType, path: string): void => {
    if (old.kind === "record" && fresh.kind === "record") {
      records(old, fresh, path);
      return;
    }
    if ((old.kind === "array" || old.kind === "map") && old.kind === fresh.kind) {
      types(old.items, fresh.items, `${path}${old.kind === "array" ? "[]" : "{}"}`);
      return;
    }
    if (old.kind === "enum" && fresh.kind === "enum" && old.name === fresh.name) {
      const added = fresh.symbols.filter((symbol) => !old.symbols.includes(symbol));
      const removed = old.symbols.filter((symbol) => !fresh.symbols.includes(symbol));
      if (added.length > 0) described.push(`${path}: ${added.join(", ")} added to ${fresh.name}`);
      if (removed.length > 0) described.push(`${path}: ${removed.join(", ")} removed from ${fresh.name}`);
      if (old.default !== fresh.default)
        described.push(
          `${path}: default of ${fresh.name} is ${fresh.default ?? "none"} instead of ${old.default ?? "none"}`,
        );
      if (removed.length > 0 && fresh.default !== undefined)
        meaning.push(`${path}: records with ${removed.join(", ")} are read as ${fresh.default} from now on`);
      return;
    }
    if (old.kind === "union" && fresh.kind === "union") {
      unions(old.branches, fresh.branches, path);
      return;
    }
    const was = shapeOf(old);
    const is = shapeOf(fresh);
    if (was === is) return;
    described.push(`${path}: ${was} becomes ${is}`);
    if ((old.kind === "string" && fresh.kind === "bytes") || (old.kind === "bytes" && fresh.kind === "string"))
      meaning.push(`${path} was ${was} and is ${is}: consumers get another type, and not all bytes are text`);
    if (old.kind === fresh.kind && "logical" in old !== "logical" in fresh)
      meaning.push(`${path} was ${was} and is ${is}: the bytes stay readable and mean something else`);
    else if ("logical" in old && "logical" in fresh && old.logical !== fresh.logical)
      meaning.push(`${path} was ${was} and is ${is}: the bytes stay readable and mean something else`);
  };

  types(parseAvro(before), parseAvro(after), "");
  return { described: described.sort(), meaning: meaning.sort() };
}

/** Returns the identity of a union branch: a name, or a kind. */
function identityOf(type: AvroType): string {
  return "name" in type ? type.name : type.kind;
}

function shapeOf(type: AvroType): string {
  if (type.kind !== "fixed") return nameOfType(type);
  return `${type.name} of ${type.size} bytes${type.logical === undefined ? "" : ` (${type.logical})`}`;
}
