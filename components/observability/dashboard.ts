/** A dashboard: panels with signals. Pure data. */
import type { Unit } from "./signal.ts";

/** A line of a panel. */
export interface Query {
  /** PromQL on names of signals. */
  readonly expression: string;
  /** Name of each series, for example `{{consumergroup}}`. Absent if the panel shows one value. */
  readonly legend?: string;
}

/** A panel. */
export interface Panel {
  readonly title: string;
  /** How to interpret the panel. Absent if the title suffices. */
  readonly description?: string;
  /** `stat`: the newest value, large; `lines`: over time. */
  readonly kind: "stat" | "lines";
  readonly unit: Unit;
  readonly queries: readonly Query[];
  /** Value from which on it is red. Absent if no value is bad by itself. */
  readonly badFrom?: number;
}

/** Panels in one row. */
export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** A dashboard. */
export interface Dashboard {
  /** Name, part of the dashboard's URL. Unique. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly rows: readonly Row[];
}
