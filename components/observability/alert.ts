/** An alert: what somebody is called for. Pure data, on names of signals only. */
import type { Exporter } from "./exported/exported-metric.ts";
import type { Substrate } from "./signal.ts";

/**
 * How soon somebody must look: `page` at once, at any hour; `ticket` in working hours; `none`: it always fires and shows
 * that alerts arrive.
 */
export type Severity = "page" | "ticket" | "none";

/** Labels by whose value the topics' files know an owner. */
export const OWNED_LABELS = ["consumergroup", "service", "topic", "user"] as const;

/** As {@link OWNED_LABELS}. */
export type OwnedLabel = (typeof OWNED_LABELS)[number];

/** Values of series over time, in promtool's notation, one for each minute: `0+60x30`. Raw metrics by selector. */
export type SeriesValues = Readonly<Record<string, string>>;

/** A situation: what a scrape shows, and when it is looked at. */
export interface Example {
  /** One set where both substrates show the same metrics. */
  readonly series: SeriesValues | ((substrate: Substrate) => SeriesValues);
  /** Time since the first sample, for example `20m`. */
  readonly at: string;
}

/** A situation in which the alert fires once. */
export interface FiringExample extends Example {
  /** Labels of the alert beside its severity and owner. */
  readonly labels: Readonly<Record<string, string>>;
  /** Its summary as a person reads it. */
  readonly summary: string;
}

/** How the alert is brought about on one machine. */
export type Reproduction =
  /** A scenario of `kit chaos`. */
  | { readonly scenario: string }
  /** Why no command does it. */
  | { readonly none: string };

/** An alert. */
export interface Alert {
  readonly name: string;
  readonly severity: Severity;
  /** PromQL on names of signals. */
  readonly expression: string;
  /** How long it must hold, as Prometheus writes durations. */
  readonly for: string;
  /** Who is called: the platform's team, or the owner of what a label names. */
  readonly owner: "platform" | OwnedLabel;
  /** What is wrong, in a sentence that a tired person understands. A template of Prometheus. */
  readonly summary: string;
  /** File of `docs/runbooks` without `.md`. */
  readonly runbook: string;
  readonly firing: FiringExample;
  /** A situation close to it that is fine; `never` for the one that always fires. */
  readonly silent: Example | "never";
  readonly reproduce: Reproduction;
  /** Exporter without which it would fire for ever. Absent: none. */
  readonly needs?: Exporter;
}

/** Values of an example on a substrate. */
export function seriesOn({ series }: Example, substrate: Substrate): SeriesValues {
  return typeof series === "function" ? series(substrate) : series;
}
