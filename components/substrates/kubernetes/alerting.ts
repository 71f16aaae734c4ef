import { type Manifest, platformLabels } from "../../kubernetes/manifest.ts";
import type { KubernetesServers } from "../../model/stack/stack-kubernetes.ts";
import type { AlertmanagerSettings, MonitoringSettings, ReceiverSettings } from "../../model/stack/stack-monitoring.ts";
import { DASHBOARDS } from "../../observability/dashboards/catalogue.ts";
import type { Exporter } from "../../observability/exported/exported-metric.ts";
import type { Owners } from "../../observability/owners.ts";
import { grafanaDashboard } from "../../observability/rendered/grafana.ts";
import { ruleGroups } from "../../observability/rendered/rule-groups.ts";
import type { Scope } from "../../observability/rendered/scope.ts";

const NAME = "event-platform";
const COMPONENT = "monitoring";
/** Folder of the runbooks in the repository. */
const RUNBOOKS = "docs/runbooks";
/** Label by which Grafana's sidecar finds dashboards: the default of its chart. */
const DASHBOARD_LABEL = { grafana_dashboard: "1" };

/** Input of the alerting objects. */
export interface AlertingInput {
  readonly stack: string;
  readonly servers: KubernetesServers;
  readonly monitoring: MonitoringSettings;
  readonly owners: Owners;
}

/**
 * Returns the signals and alerts for the Prometheus operator, the dashboards for Grafana, and the receivers of alerts
 * if the stack declares them. The list is empty if the stack has no monitoring. The objects are in the namespace of the
 * platform's servers.
 */
export function alertingObjects(input: AlertingInput): Manifest[] {
  const { monitoring } = input;
  if (!monitoring.podMonitor) return [];
  return [
    prometheusRule(input),
    ...dashboards(input),
    ...(monitoring.alertmanager === undefined ? [] : [alertmanagerConfig(input, monitoring.alertmanager)]),
  ];
}

function scopeOf({ stack, servers: { namespaces } }: AlertingInput): Scope {
  return { stack, namespaces };
}

function prometheusRule(input: AlertingInput): Manifest {
  const { servers, monitoring, owners } = input;
  const exporters: readonly Exporter[] = [
    "service",
    "kafka-node",
    ...(servers.kafka.exporter ? (["kafka-exporter"] as const) : []),
  ];
  return {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PrometheusRule",
    metadata: {
      name: NAME,
      namespace: servers.namespaces.platform,
      labels: platformLabels(NAME, COMPONENT, monitoring.labels),
    },
    spec: {
      groups: ruleGroups({
        substrate: "kubernetes",
        owners,
        exporters: new Set(exporters),
        runbooks: monitoring.runbooks?.replace(/\/+$/, "") ?? RUNBOOKS,
        scope: scopeOf(input),
      }),
    },
  };
}

function dashboards(input: AlertingInput): Manifest[] {
  return DASHBOARDS.map((dashboard) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: `dashboard-${dashboard.name}`,
      namespace: input.servers.namespaces.platform,
      labels: platformLabels(`dashboard-${dashboard.name}`, COMPONENT, DASHBOARD_LABEL),
    },
    data: {
      // The file's name identifies the dashboard for the sidecar, so two stacks must not write the same name.
      [`${input.stack}-${dashboard.name}.json`]: `${JSON.stringify(grafanaDashboard(dashboard, scopeOf(input)), null, 1)}\n`,
    },
  }));
}

function alertmanagerConfig(
  { servers, monitoring }: AlertingInput,
  { page, ticket, watchdog, teams }: AlertmanagerSettings,
): Manifest {
  const named = Object.entries(teams)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([team, { page: ownPage, ticket: ownTicket }]) => [
      ...(ownPage === undefined ? [] : [{ team, severity: "page", ways: ownPage }]),
      ...(ownTicket === undefined ? [] : [{ team, severity: "ticket", ways: ownTicket }]),
    ])
    .map((each) => ({ ...each, name: `${each.team}-${each.severity}` }));
  const nowhere = "nowhere";
  return {
    apiVersion: "monitoring.coreos.com/v1alpha1",
    kind: "AlertmanagerConfig",
    metadata: {
      name: NAME,
      namespace: servers.namespaces.platform,
      labels: platformLabels(NAME, COMPONENT, monitoring.labels),
    },
    spec: {
      route: {
        receiver: "ticket",
        groupBy: ["alertname", "owner"],
        groupWait: "30s",
        groupInterval: "5m",
        repeatInterval: "12h",
        routes: [
          {
            receiver: watchdog === undefined ? nowhere : "watchdog",
            matchers: [equal("severity", "none")],
            // The receiver that waits for this alert must get it more often than its own timeout.
            groupInterval: "1m",
            repeatInterval: "1m",
          },
          ...named.map(({ team, severity, name }) => ({
            receiver: name,
            matchers: [equal("owner", team), equal("severity", severity)],
            ...(severity === "page" ? { repeatInterval: "1h" } : {}),
          })),
          { receiver: "page", matchers: [equal("severity", "page")], repeatInterval: "1h" },
        ],
      },
      receivers: [
        receiver("page", page),
        receiver("ticket", ticket),
        watchdog === undefined ? { name: nowhere } : receiver("watchdog", watchdog),
        ...named.map(({ name, ways }) => receiver(name, ways)),
      ],
    },
  };
}

function equal(name: string, value: string): Record<string, string> {
  return { name, value, matchType: "=" };
}

function receiver(name: string, { pagerDuty, slack, webhook }: ReceiverSettings): Record<string, unknown> {
  const sendResolved = true;
  return {
    name,
    ...(pagerDuty === undefined
      ? {}
      : { pagerdutyConfigs: [{ routingKey: reference(pagerDuty), description: SUMMARY, sendResolved }] }),
    ...(slack === undefined
      ? {}
      : {
          slackConfigs: [
            { apiURL: reference(slack), channel: slack.channel, title: TITLE, text: SUMMARY, sendResolved },
          ],
        }),
    ...(webhook === undefined ? {} : { webhookConfigs: [{ urlSecret: reference(webhook), sendResolved }] }),
  };
}

function reference({ secret, key }: { readonly secret: string; readonly key: string }): Record<string, string> {
  return { name: secret, key };
}

const TITLE = "{{ .CommonLabels.alertname }} ({{ .CommonLabels.stack }}, {{ .CommonLabels.owner }})";
const SUMMARY = "{{ range .Alerts }}{{ .Annotations.summary }} {{ .Annotations.runbook_url }}\n{{ end }}";
