import * as z from "zod";
import type { ClaimCheck } from "../types.ts";
import { quantity } from "../values/field-types.ts";
import { parseSize, sizeUnits } from "../values/size.ts";

/*
 * Claim checks: the part of an event that is stored outside Kafka. Without a field it is the whole Avro body, with one
 * it is the bytes of that field. Headers carry the reference, so an event has the same schema with and without its
 * content.
 */

/** Maximum content in bytes if the file states no limit. */
const defaultAtMost = 10 * 2 ** 20;
const fieldPattern = "^[A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z_][A-Za-z0-9_]*)*$";

const above = quantity(
  sizeUnits,
  parseSize,
  "Size above which the content is stored outside Kafka. Smaller content stays in the record.",
).refine((bytes) => bytes >= 1_024 && bytes <= 8 * 2 ** 20, { error: "above must lie between 1KiB and 8MiB" });
const atMost = quantity(
  sizeUnits,
  parseSize,
  "Largest content. Producers refuse more, consumers load no more. Default: 10MiB.",
).refine((bytes) => bytes >= 1_024 && bytes <= 64 * 2 ** 20, { error: "atMost must lie between 1KiB and 64MiB" });

/** `claimCheck:` of a topic: it applies to the body of each of its events. */
export const topicClaimCheck = z.strictObject({ above, atMost: atMost.optional() }).meta({
  description: "Stores bodies above a size outside Kafka; the record carries a reference, the size and the SHA-256.",
  examples: [{ above: "256KiB" }],
});

/** `claimCheck:` of an event: it applies to the body, or to one field. */
export const eventClaimCheck = z
  .strictObject({
    above,
    atMost: atMost.optional(),
    field: z
      .string()
      .regex(new RegExp(fieldPattern, "u"), {
        error: (issue) =>
          `${JSON.stringify(issue.input)} is no path of a field: names joined by dots, for example attachment.data`,
      })
      .meta({
        description:
          'Field whose bytes are stored, by names joined with dots; its type is ["null", "bytes"]. Default: the whole body.',
        examples: ["attachment.data"],
      })
      .optional(),
  })
  .meta({
    description:
      "Stores the event's body, or one of its fields, outside Kafka above a size. Takes the place of the topic's claimCheck.",
    examples: [{ above: "256KiB", field: "attachment.data" }],
  });

/** Returns a claim check of a file, with its defaults. */
export function claimCheckOf({
  above: threshold,
  atMost: limit = defaultAtMost,
  field,
}: z.output<typeof eventClaimCheck>): ClaimCheck {
  return { above: threshold, atMost: limit, ...(field === undefined ? {} : { field }) };
}

/**
 * Returns the fields of a schema that may be stored outside Kafka: nullable `bytes`, in the record itself or in nested
 * records (which may be nullable too), not in lists and maps. Null means that the content is elsewhere, because empty
 * bytes would be valid content.
 * @param schema - Valid schema of the event, as JSON text.
 * @returns Paths joined with dots, in the schema's order.
 */
export function claimableFields(schema: string): string[] {
  const named = new Map<string, Record<string, unknown>>();
  const found: string[] = [];
  visit(JSON.parse(schema), "", "", []);
  return found;

  function visit(type: unknown, namespace: string, path: string, within: readonly string[]): void {
    const record = recordOf(type, namespace);
    if (record === undefined || within.includes(record.name)) return;
    for (const field of record.fields) {
      const here = path === "" ? field.name : `${path}.${field.name}`;
      const branches = Array.isArray(field.type) ? field.type : [field.type];
      const others = branches.filter((branch: unknown) => branch !== "null");
      if (others.length !== 1) continue;
      if (isBytes(others[0])) {
        if (branches.length === 2) found.push(here);
      } else visit(others[0], record.namespace, here, [...within, record.name]);
    }
  }

  /** Returns the record that a type denotes, defined here or earlier; undefined if it denotes none. */
  function recordOf(
    type: unknown,
    namespace: string,
  ): { name: string; namespace: string; fields: readonly { name: string; type: unknown }[] } | undefined {
    if (typeof type === "string") {
      const known =
        named.get(type.includes(".") || namespace === "" ? type : `${namespace}.${type}`) ?? named.get(type);
      return known === undefined ? undefined : recordOf(known, namespace);
    }
    if (typeof type !== "object" || type === null || (type as Record<string, unknown>).type !== "record")
      return undefined;
    const schemaOf = type as Record<string, unknown>;
    const own = String(schemaOf.name);
    const space = own.includes(".") ? own.slice(0, own.lastIndexOf(".")) : String(schemaOf.namespace ?? namespace);
    const name = own.includes(".") || space === "" ? own : `${space}.${own}`;
    named.set(name, { ...schemaOf, namespace: space });
    return { name, namespace: space, fields: schemaOf.fields as { name: string; type: unknown }[] };
  }
}

function isBytes(type: unknown): boolean {
  return (
    type === "bytes" ||
    (typeof type === "object" && type !== null && (type as Record<string, unknown>).type === "bytes")
  );
}
