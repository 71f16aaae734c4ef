/** What a service's template says of personal data: which tables hold it, how it is erased, what is kept and why. */
import { z } from "zod";

const sql = z.string("is SQL").min(1);
const words = z.string().min(1);
const identifier = z
  .string()
  .regex(/^[a-z_][a-z0-9_]*$/u, "is the name of a table or column: lower-case letters, digits, underscores");

/**
 * SQL in it speaks of the row as `t` and of what is asked as `p`: `p.customer`, the customer's id, and `p.pseudonym`, a new
 * random text that stands for him in rows that are kept.
 */
const tableSchema = z.strictObject({
  table: identifier,
  /** What of a person it holds, in words. */
  holds: words,
  /** Condition: the row is the customer's. */
  of: sql,
  /** Expression: the process (for example the order) that the row belongs to; a process under way keeps its rows. */
  case: sql.optional(),
  /** Condition: the row is still needed, and left for a later run. */
  unless: sql.optional(),
  /** New value by column. */
  erase: z.record(identifier, sql),
  /** What of the row is kept, in words. */
  keeps: words,
  because: words,
  /** How long, in words. */
  keptFor: words,
});

/** Tables are taken in their order: one that finds its rows through another comes first. */
export const personalDataSchema = z.strictObject({
  /** Names of fields in events that hold personal data: says which topics hold some. */
  fields: z.array(words).default([]),
  /** Query with `p`: ids of the customer's processes that are not at their end. */
  underWay: sql.optional(),
  /** Query with `p`: ids of the customer's processes that another service must have finished. */
  awaited: sql.optional(),
  /** Query: which of the ids in `$1` (text[]) this service has finished. */
  finished: sql.optional(),
  tables: z.array(tableSchema),
});

/** A template's `personalData`. */
export type PersonalData = z.infer<typeof personalDataSchema>;
/** One table of it. */
export type PersonalTable = PersonalData["tables"][number];
