/** The SQL of an erasure, from the declaration in a service's template. Pure. */
import type { PersonalTable } from "../../components/services/personal-data.ts";

/** A statement with its values. */
export interface ErasureStatement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** The customer, and the pseudonym that replaces the customer's id in kept rows. */
export interface Subject {
  readonly customer: string;
  readonly pseudonym: string;
}

/** The alias `p` in declared SQL. */
const PARAMETERS = "WITH p AS (SELECT $1::text AS customer, $2::text AS pseudonym)";

function valuesOf({ customer, pseudonym }: Subject): readonly unknown[] {
  return [customer, pseudonym];
}

/** Ids that a declared query returns, as text in the column `id`. */
export function idsQuery(query: string, subject: Subject): ErasureStatement {
  return {
    text: `${PARAMETERS}, ids(id) AS (${query}) SELECT DISTINCT id::text AS id FROM ids`,
    values: valuesOf(subject),
  };
}

/** Ids of the processes that a table's rows belong to. */
export function casesQuery(
  { table, of, case: process }: PersonalTable,
  subject: Subject,
): ErasureStatement | undefined {
  return process === undefined ? undefined : idsQuery(`SELECT ${process} FROM ${table} t, p WHERE (${of})`, subject);
}

/** Condition: a row of the customer may be erased now. `$3`: ids of the ended processes. */
function erasable({ case: process, unless }: PersonalTable): string {
  const ended = process === undefined ? "$3::text[] IS NOT NULL" : `(${process})::text = ANY($3::text[])`;
  return unless === undefined ? ended : `${ended} AND (${unless}) IS NOT TRUE`;
}

/** Counts a table's rows: `erased` can be erased now, `kept` cannot yet. */
export function countStatement(table: PersonalTable, subject: Subject, ended: readonly string[]): ErasureStatement {
  const now = erasable(table);
  return {
    text: `${PARAMETERS} SELECT count(*) FILTER (WHERE ${now})::int AS erased, count(*) FILTER (WHERE (${now}) IS NOT TRUE)::int AS left
             FROM ${table.table} t, p WHERE (${table.of})`,
    values: [...valuesOf(subject), ended],
  };
}

/** Erases a table's rows. */
export function eraseStatement(table: PersonalTable, subject: Subject, ended: readonly string[]): ErasureStatement {
  const columns = Object.entries(table.erase).map(([column, value]) => `${column} = ${value}`);
  return {
    text: `${PARAMETERS} UPDATE ${table.table} t SET ${columns.join(", ")} FROM p WHERE (${table.of}) AND ${erasable(table)}`,
    values: [...valuesOf(subject), ended],
  };
}
