/** Converts signals and alerts to Prometheus' rules. Pure. */
import { type Alert, OWNED_LABELS } from "../alert.ts";
import { ALERT_GROUPS } from "../alerts/catalogue.ts";
import type { Exporter } from "../exported/exported-metric.ts";
import { type Owners, ownerSeries, ownersBy, PLATFORM_TEAM } from "../owners.ts";
import { expressionOn, type Signal, type Substrate } from "../signal.ts";
import { SIGNAL_GROUPS } from "../signals/catalogue.ts";
import { type Scope, scoped } from "./scope.ts";

/** A recording rule. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** An alerting rule. */
export interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: { readonly summary: string; readonly runbook_url: string };
}

/** Rules that are evaluated in sequence. */
export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly (RecordingRule | AlertingRule)[];
}

/** Input of the rules. */
export interface RuleInput {
  readonly substrate: Substrate;
  readonly owners: Owners;
  /** Exporters of the platform. */
  readonly exporters: ReadonlySet<Exporter>;
  /** URL or folder of the runbooks, without a trailing slash. */
  readonly runbooks: string;
  /** Absent if the Prometheus monitors only this platform. */
  readonly scope?: Scope;
}

/** Returns all rules of a platform: first the owners, then the signals, then the alerts on them. */
export function ruleGroups(input: RuleInput): RuleGroup[] {
  const groups: RuleGroup[] = [
    { name: "kit-owners", rules: ownerRules(input) },
    ...Object.entries(SIGNAL_GROUPS).map(([subject, signals]) => ({
      name: `kit-signals-${subject}`,
      rules: signals.flatMap((signal) => recordingRule(signal, input)),
    })),
    ...Object.entries(ALERT_GROUPS).map(([subject, alerts]) => ({
      name: `kit-alerts-${subject}`,
      rules: alerts.filter((alert) => isPossible(alert, input)).map((alert) => alertingRule(alert, input)),
    })),
  ];
  return groups.filter(({ rules }) => rules.length > 0);
}

/** Returns whether the platform has everything that an alert needs. */
export function isPossible({ expression, needs }: Alert, { substrate, exporters }: RuleInput): boolean {
  if (needs !== undefined && !exporters.has(needs)) return false;
  return Object.values(SIGNAL_GROUPS)
    .flat()
    .every((signal) => expressionOn(signal, substrate) !== undefined || !expression.includes(signal.name));
}

/** Returns the URL of a runbook. */
export function runbookUrl({ runbook }: Pick<Alert, "runbook">, runbooks: string): string {
  return `${runbooks}/${runbook}.md`;
}

function stackLabel({ scope }: RuleInput): Readonly<Record<string, string>> {
  return scope === undefined ? {} : { stack: scope.stack };
}

/** Returns the labels of all alerts. An AlertmanagerConfig receives only alerts with the label of its own namespace. */
export function alertLabels({ scope }: RuleInput): Readonly<Record<string, string>> {
  return scope === undefined ? {} : { stack: scope.stack, namespace: scope.namespaces.platform };
}

function ownerRules(input: RuleInput): RecordingRule[] {
  return OWNED_LABELS.flatMap((label) =>
    Object.entries(ownersBy(label, input.owners)).map(([value, owner]) => ({
      record: ownerSeries(label),
      expr: "vector(1)",
      labels: { [label]: value, owner, ...stackLabel(input) },
    })),
  );
}

function recordingRule(signal: Signal, input: RuleInput): RecordingRule[] {
  const expression = expressionOn(signal, input.substrate);
  if (expression === undefined) return [];
  const labels = stackLabel(input);
  return [
    {
      record: signal.name,
      expr: scoped(expression, input.scope),
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
    },
  ];
}

function alertingRule(alert: Alert, input: RuleInput): AlertingRule {
  const owned = alert.owner === "platform" ? alert.expression : withOwner(alert.expression, alert.owner);
  return {
    alert: alert.name,
    expr: scoped(owned, input.scope),
    ...(alert.for === "0s" ? {} : { for: alert.for }),
    labels: {
      severity: alert.severity,
      owner:
        alert.owner === "platform"
          ? PLATFORM_TEAM
          : `{{ if $labels.owner }}{{ $labels.owner }}{{ else }}${PLATFORM_TEAM}{{ end }}`,
      ...alertLabels(input),
    },
    annotations: { summary: alert.summary, runbook_url: runbookUrl(alert, input.runbooks) },
  };
}

/**
 * Returns an expression with the owner of each series. A series without an owner, for example a tool's group, must
 * raise an alert too: the platform's team gets it.
 */
function withOwner(expression: string, label: (typeof OWNED_LABELS)[number]): string {
  return `(${expression}) * on (${label}) group_left (owner) ${ownerSeries(label)} or ignoring (owner) (${expression})`;
}
