import { closest } from "../../../components/model/problems/suggestion.ts";
import type { Breach } from "../../rule.ts";

/** Allowed base types of each logical type of the Avro specification (1.12). */
const bases: Readonly<Record<string, readonly string[]>> = {
  decimal: ["bytes", "fixed"],
  "big-decimal": ["bytes"],
  uuid: ["string", "fixed"],
  date: ["int"],
  "time-millis": ["int"],
  "time-micros": ["long"],
  "timestamp-millis": ["long"],
  "timestamp-micros": ["long"],
  "timestamp-nanos": ["long"],
  "local-timestamp-millis": ["long"],
  "local-timestamp-micros": ["long"],
  "local-timestamp-nanos": ["long"],
  duration: ["fixed"],
};

/**
 * Returns the logical types that consumers ignore or refuse: misplaced, misspelt, on a wrong type, with a wrong
 * precision or scale.
 * @param schema - JSON text of a schema.
 */
export function logicalTypeFaults(schema: string): readonly Breach[] {
  const faults: Breach[] = [];
  const visit = (node: unknown, path: string): void => {
    if (Array.isArray(node)) for (const branch of node) visit(branch, path);
    if (!isObject(node)) return;
    const { type, logicalType, fields, items, values } = node;
    if (Array.isArray(fields)) {
      for (const field of fields as unknown[]) {
        if (!isObject(field)) continue;
        const where = [path, String(field.name)].filter((step) => step !== "").join(".");
        const misplaced = field.logicalType;
        if (misplaced !== undefined)
          faults.push({
            message: `${where}: logicalType ${JSON.stringify(misplaced)} is on the field, where parsers ignore it`,
            fix: `write "type": {"type": ${JSON.stringify(field.type)}, "logicalType": ${JSON.stringify(misplaced)}}`,
          });
        visit(field.type, where);
      }
    }
    for (const inner of [items, values]) visit(inner, `${path}[]`);
    if (isObject(type) || Array.isArray(type)) visit(type, path);
    if (logicalType !== undefined) faults.push(...faultsOf(node, path === "" ? "the record" : path));
  };
  visit(JSON.parse(schema), "");
  return faults;
}

function faultsOf(
  { type, logicalType, precision, scale, size }: Readonly<Record<string, unknown>>,
  where: string,
): Breach[] {
  const name = typeof logicalType === "string" ? logicalType : "";
  const wanted = Object.hasOwn(bases, name) ? bases[name] : undefined;
  if (wanted === undefined) {
    const meant = closest(name, Object.keys(bases));
    return [
      {
        message: `${where}: there is no logical type ${JSON.stringify(logicalType)}; parsers ignore it`,
        fix: meant === undefined ? `known: ${Object.keys(bases).join(", ")}` : `did you mean ${JSON.stringify(meant)}?`,
      },
    ];
  }
  if (typeof type !== "string" || !wanted.includes(type))
    return [
      {
        message: `${where}: ${name} has the type ${JSON.stringify(type)}, where parsers ignore it`,
        fix: `use "type": ${wanted.map((each) => JSON.stringify(each)).join(" or ")}`,
      },
    ];
  if (name === "duration" && size !== 12)
    return [
      { message: `${where}: duration has a fixed type of ${String(size)} bytes`, fix: "use a fixed type of 12 bytes" },
    ];
  if (name !== "decimal") return [];
  if (typeof precision !== "number" || !Number.isInteger(precision) || precision < 1)
    return [
      {
        message: `${where}: decimal has ${precision === undefined ? "no precision" : `the precision ${JSON.stringify(precision)}`}`,
        fix: 'add "precision": the number of digits, for example 12',
      },
    ];
  if (scale !== undefined && (typeof scale !== "number" || !Number.isInteger(scale) || scale < 0 || scale > precision))
    return [
      {
        message: `${where}: decimal with precision ${precision} has the scale ${JSON.stringify(scale)}`,
        fix: `choose a scale from 0 to ${precision}`,
      },
    ];
  return [];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
