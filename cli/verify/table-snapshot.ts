/** A snapshot of a database, read with narrow columns and a server-side cursor. */
import type { Client } from "pg";

const FETCH = 10_000;

/** Milliseconds since the epoch as a number, because int8 would come as text. */
export const ms = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::float8`;

/** A row as the columns of its query, in their order. */
export type Columns = readonly (string | number | boolean | Buffer | null)[];

export interface Snapshot {
  /** Whether a table exists, and a column of it if one is named. */
  has(table: string, column?: string): boolean;
  rows<T>(query: string, make: (columns: Columns) => T): Promise<T[]>;
}

/**
 * Checks which tables exist. The client is in a transaction that sees one snapshot. @param count - Called with the number of
 * rows read, in portions.
 */
export async function openSnapshot(client: Client, count: (rows: number) => void): Promise<Snapshot> {
  const { rows } = await client.query<{ name: string }>(
    "SELECT table_name || '.' || column_name AS name FROM information_schema.columns WHERE table_schema = 'public'",
  );
  const columns = new Set(rows.map(({ name }) => name));
  const tables = new Set(rows.map(({ name }) => name.slice(0, name.indexOf("."))));
  return {
    has: (table, column) => (column === undefined ? tables.has(table) : columns.has(`${table}.${column}`)),
    async rows(query, make) {
      const made = [];
      await client.query(`DECLARE evidence NO SCROLL CURSOR FOR ${query}`);
      for (;;) {
        const portion = await client.query<(string | number | boolean | Buffer | null)[]>({
          text: `FETCH ${FETCH} FROM evidence`,
          rowMode: "array",
        });
        for (const row of portion.rows) made.push(make(row));
        count(portion.rows.length);
        if (portion.rows.length < FETCH) break;
      }
      await client.query("CLOSE evidence");
      return made;
    },
  };
}

export function text(value: Columns[number] | undefined): string {
  return value === null || value === undefined ? "" : String(value);
}

export function optional(value: Columns[number] | undefined): string | undefined {
  return value === null || value === undefined ? undefined : String(value);
}

export function number(value: Columns[number] | undefined): number {
  return typeof value === "number" ? value : Number(value ?? Number.NaN);
}
