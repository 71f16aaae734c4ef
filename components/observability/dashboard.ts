/** A dashboard: panels on signals. Pure data. */
import type { Unit } from "./signal.ts";

/** A line of a panel. */
export interface Query {
  /** PromQL on names of signals. */
  readonly expression: string;
  /** Name of each series, for example `{{consumergroup}}`. Absent: the panel shows one value. */
  readonly legend?: string;
}

/** A panel. */
export interface Panel {
  readonly title: string;
  /** What a reader should make of it, where the title does not say it all. */
  readonly description?: string;
  /** `stat`: the newest value, large; `lines`: over time. */
  readonly kind: "stat" | "lines";
  readonly unit: Unit;
  readonly queries: readonly Query[];
  /** From this value on it is red. Absent: no value is bad by itself. */
  readonly badFrom?: number;
}

/** Panels beside each other. */
export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** A dashboard. */
export interface Dashboard {
  /** Part of its address; unique. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly rows: readonly Row[];
}
