/** Converts the examples of alerts to test files of promtool. Pure. */
import { type Alert, type Example, OWNED_LABELS, seriesOn } from "../alert.ts";
import { ALERTS } from "../alerts/catalogue.ts";
import { ownersBy, PLATFORM_TEAM } from "../owners.ts";
import { alertLabels, isPossible, type RuleGroup, type RuleInput, ruleGroups, runbookUrl } from "./rule-groups.ts";
import { scoped } from "./scope.ts";

interface ExpectedAlert {
  readonly exp_labels: Readonly<Record<string, string>>;
  readonly exp_annotations: Readonly<Record<string, string>>;
}

/** One situation, in promtool's format. */
export interface PromtoolTest {
  readonly name: string;
  readonly interval: string;
  readonly input_series: readonly { readonly series: string; readonly values: string }[];
  readonly alert_rule_test: readonly {
    readonly eval_time: string;
    readonly alertname: string;
    readonly exp_alerts: readonly ExpectedAlert[];
  }[];
}

/** A test file of promtool. */
export interface PromtoolFile {
  readonly rule_files: readonly string[];
  readonly evaluation_interval: string;
  readonly group_eval_order: readonly string[];
  readonly tests: readonly PromtoolTest[];
}

/** The rules of an alert and its two situations. */
export interface AlertTest {
  readonly alert: Alert;
  /**
   * The alert and all rules that it is computed from. Other rules are left out, because their evaluation takes most of
   * a test's time.
   */
  readonly groups: readonly RuleGroup[];
  readonly file: PromtoolFile;
}

/**
 * Returns each alert of a platform with the situations of the catalogue.
 * @param rulesPath - Returns the path of the alert's rules.
 */
export function alertTests(input: RuleInput, rulesPath: (alert: Alert) => string): AlertTest[] {
  const all = ruleGroups(input);
  return ALERTS.filter((alert) => isPossible(alert, input)).map((alert) => {
    const groups = rulesOf(alert, all);
    const { silent, firing } = alert;
    return {
      alert,
      groups,
      file: {
        rule_files: [rulesPath(alert)],
        evaluation_interval: "1m",
        group_eval_order: groups.map(({ name }) => name),
        tests: [
          situation(alert, `${alert.name} fires`, firing, [expected(alert, input)], input),
          ...(silent === "never" ? [] : [situation(alert, `${alert.name} is silent`, silent, [], input)]),
        ],
      },
    };
  });
}

function rulesOf({ name }: Alert, groups: readonly RuleGroup[]): RuleGroup[] {
  const rules = groups.flatMap((group) => group.rules);
  const kept = new Set(rules.filter((rule) => "alert" in rule && rule.alert === name));
  // The list grows during the iteration: a rule needs the rules that its own inputs need.
  for (const { expr } of kept) {
    const names = new Set(expr.match(/[a-z]\w*:\w+:\w+/g));
    for (const rule of rules) if ("record" in rule && names.has(rule.record)) kept.add(rule);
  }
  return groups
    .map((group) => ({ ...group, rules: group.rules.filter((rule) => kept.has(rule)) }))
    .filter((group) => group.rules.length > 0);
}

function situation(
  { name }: Alert,
  title: string,
  example: Example,
  alerts: readonly ExpectedAlert[],
  { substrate, scope }: RuleInput,
): PromtoolTest {
  return {
    name: title,
    interval: "1m",
    input_series: Object.entries(seriesOn(example, substrate)).map(([series, values]) => ({
      // A target has one of the platform's namespaces. The first one stands for all.
      series: scoped(series, scope).replace(/namespace=~"([^|"]+)[^"]*"/g, 'namespace="$1"'),
      values,
    })),
    alert_rule_test: [{ eval_time: example.at, alertname: name, exp_alerts: alerts }],
  };
}

function expected(alert: Alert, input: RuleInput): ExpectedAlert {
  const { labels, summary } = alert.firing;
  const by = OWNED_LABELS.find((label) => label === alert.owner);
  const owner = by === undefined ? undefined : ownersBy(by, input.owners)[labels[by] ?? ""];
  return {
    exp_labels: {
      ...labels,
      severity: alert.severity,
      owner: owner ?? PLATFORM_TEAM,
      ...alertLabels(input),
    },
    exp_annotations: { summary, runbook_url: runbookUrl(alert, input.runbooks) },
  };
}
