import type { SourceLocation } from "../../../model/problems/source-location.ts";
import { formatOf } from "../../../model/schemas/schema-format.ts";
import type { EventDeclaration } from "../../../model/types.ts";
import { firstChange, type SchemaPath } from "../avro/first-change.ts";
import { changedTypes } from "./changed-types.ts";

/** Returns the location of schema steps in the schema's file; undefined if the file is not available. */
export type PlaceInSchema = (schemaPath: string, steps: SchemaPath) => SourceLocation | undefined;

/**
 * Returns where an event's schema first changed: in its own file, otherwise in the file of a shared type; undefined if
 * unknown.
 */
export function changedAt(
  was: EventDeclaration,
  is: EventDeclaration,
  placeInSchema: PlaceInSchema,
): SourceLocation | undefined {
  if (formatOf(is.schemaPath) === "protobuf") return undefined;
  const [before, after] = [was.references?.schema ?? was.schema, is.references?.schema ?? is.schema];
  if (before !== after) return placeInSchema(is.schemaPath, firstChange(before, after));
  const [changed] = changedTypes(was, is);
  if (changed === undefined) return undefined;
  return placeInSchema(changed.type.schemaPath, firstChange(changed.earlier, changed.type.schema));
}
