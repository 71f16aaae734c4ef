/** An alert: a condition for which somebody is called. Pure data that uses only names of signals. */
import type { Exporter } from "./exported/exported-metric.ts";
import type { Substrate } from "./signal.ts";

/**
 * How soon somebody must react: `page` at once, at any hour; `ticket` in working hours. `none`: the alert always fires,
 * to show that alerts arrive.
 */
export type Severity = "page" | "ticket" | "none";

/** Labels whose values have an owner in the topics' files. */
export const OWNED_LABELS = ["consumergroup", "service", "topic", "user"] as const;

/** As {@link OWNED_LABELS}. */
export type OwnedLabel = (typeof OWNED_LABELS)[number];

/** Values of series over time, in promtool's notation, one per minute: `0+60x30`. Raw metrics are given by selector. */
export type SeriesValues = Readonly<Record<string, string>>;

/** A situation: the values of a scrape, and the time of the evaluation. */
export interface Example {
  /** One set of series if both substrates have the same metrics, otherwise a function of the substrate. */
  readonly series: SeriesValues | ((substrate: Substrate) => SeriesValues);
  /** Time since the first sample, for example `20m`. */
  readonly at: string;
}

/** A situation in which the alert fires once. */
export interface FiringExample extends Example {
  /** Labels of the alert besides its severity and owner. */
  readonly labels: Readonly<Record<string, string>>;
  /** Summary of the alert, as a user reads it. */
  readonly summary: string;
}

/** How to reproduce the alert on one machine. */
export type Reproduction =
  /** A scenario of `kit chaos`. */
  | { readonly scenario: string }
  /** Why no command reproduces it. */
  | { readonly none: string };

/** An alert. */
export interface Alert {
  readonly name: string;
  readonly severity: Severity;
  /** PromQL on names of signals. */
  readonly expression: string;
  /** How long the condition must hold, in Prometheus' notation. */
  readonly for: string;
  /** Who is called: the platform's team, or the owner of the label's value. */
  readonly owner: "platform" | OwnedLabel;
  /** What is wrong, in one sentence that a tired reader understands. A Prometheus template. */
  readonly summary: string;
  /** File of `docs/runbooks` without `.md`. */
  readonly runbook: string;
  readonly firing: FiringExample;
  /** A similar situation without a fault; `never` for the alert that always fires. */
  readonly silent: Example | "never";
  readonly reproduce: Reproduction;
  /** Exporter without which the alert would fire forever. Default: none. */
  readonly needs?: Exporter;
}

/** Returns the series of an example on a substrate. */
export function seriesOn({ series }: Example, substrate: Substrate): SeriesValues {
  return typeof series === "function" ? series(substrate) : series;
}
