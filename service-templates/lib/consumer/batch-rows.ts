/**
 * Rows of a running batch. They are locked and loaded once at the start of the batch. Handlers change them in memory,
 * and later handlers see the changes of earlier ones. One statement writes them at the end. The rows exist only within
 * the transaction, so a batch that is rolled back leaves nothing behind.
 */
import type { Transaction } from "../storage/database.ts";

/** The rows to write. */
export interface RowChanges<Row> {
  /** Rows that did not exist when the batch began. */
  readonly added: readonly Row[];
  /** Rows that existed and were changed. */
  readonly changed: readonly Row[];
}

export interface BatchRows<Row> {
  /** Records what the database holds. May be called again for more rows. */
  load(tx: Transaction, rows: ReadonlyMap<string, Row>): void;
  /** Returns the row as the batch sees it now; undefined if there is none. */
  get(tx: Transaction, id: string): Row | undefined;
  /** Adds or changes a row. */
  put(tx: Transaction, id: string, row: Row): void;
  /** Returns the differences from the database, ordered by id, so that two instances write in the same order. */
  changes(tx: Transaction): RowChanges<Row>;
}

interface State<Row> {
  readonly rows: Map<string, Row>;
  readonly stored: Set<string>;
  readonly touched: Set<string>;
}

export function batchRows<Row>(): BatchRows<Row> {
  const states = new WeakMap<Transaction, State<Row>>();
  function stateOf(tx: Transaction): State<Row> {
    const known = states.get(tx);
    if (known !== undefined) return known;
    const state: State<Row> = { rows: new Map(), stored: new Set(), touched: new Set() };
    states.set(tx, state);
    return state;
  }

  return {
    load(tx, rows) {
      const state = stateOf(tx);
      for (const [id, row] of rows) {
        state.stored.add(id);
        state.rows.set(id, row);
      }
    },
    get: (tx, id) => stateOf(tx).rows.get(id),
    put(tx, id, row) {
      const state = stateOf(tx);
      state.rows.set(id, row);
      state.touched.add(id);
    },
    changes(tx) {
      const state = stateOf(tx);
      const added: Row[] = [];
      const changed: Row[] = [];
      for (const id of [...state.touched].sort()) {
        const row = state.rows.get(id);
        if (row !== undefined) (state.stored.has(id) ? changed : added).push(row);
      }
      return { added, changed };
    },
  };
}
