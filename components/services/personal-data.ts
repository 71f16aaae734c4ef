/** Format of personal data in a service's template: the tables that hold it, how it is erased, what is kept and why. */
import { z } from "zod";

const sql = z.string("is SQL").min(1);
const words = z.string().min(1);
const identifier = z
  .string()
  .regex(/^[a-z_][a-z0-9_]*$/u, "is the name of a table or column: lower-case letters, digits, underscores");

/**
 * Format of one table. In its SQL, `t` is the row and `p` the request: `p.customer` is the customer's id, and
 * `p.pseudonym` is a new random text that replaces the customer in rows that are kept.
 */
const tableSchema = z.strictObject({
  table: identifier,
  /** Personal data in the table, as text. */
  holds: words,
  /** Condition: the row belongs to the customer. */
  of: sql,
  /** Expression: the process (for example the order) that the row belongs to. A process in progress keeps its rows. */
  case: sql.optional(),
  /** Condition: the row is still needed, and left for a later run. */
  unless: sql.optional(),
  /** New value by column. */
  erase: z.record(identifier, sql),
  /** Data of the row that is kept, as text. */
  keeps: words,
  because: words,
  /** How long it is kept, as text. */
  keptFor: words,
});

/**
 * Format of `personalData`. Tables are processed in order: a table that finds its rows through another one comes before
 * that one.
 */
export const personalDataSchema = z.strictObject({
  /** Names of event fields with personal data, which determine the topics that contain some. Default: none. */
  fields: z.array(words).default([]),
  /** Query with `p`: ids of the customer's processes that have not reached a terminal state. */
  underWay: sql.optional(),
  /** Query with `p`: ids of the customer's processes that another service must have finished. */
  awaited: sql.optional(),
  /** Query: which of the ids in `$1` (text[]) this service has finished. */
  finished: sql.optional(),
  tables: z.array(tableSchema),
});

/** A template's `personalData`. */
export type PersonalData = z.infer<typeof personalDataSchema>;
/** One table of `personalData`. */
export type PersonalTable = PersonalData["tables"][number];
