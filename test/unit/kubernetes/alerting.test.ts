import { describe, expect, it } from "vitest";
import { parseStackSettings } from "../../../components/model/stack/parse-stack.ts";
import { ALERTS } from "../../../components/observability/alerts/catalogue.ts";
import { DASHBOARDS } from "../../../components/observability/dashboards/catalogue.ts";
import { ownersOf, serviceTeams } from "../../../components/observability/owners.ts";
import type { AlertingRule } from "../../../components/observability/rendered/rule-groups.ts";
import { alertingObjects } from "../../../components/substrates/kubernetes/alerting.ts";
import { kubernetesOf, type Written, written } from "./strimzi-input.ts";

const OWNERS = { topics: { "payment-service.dlt": "payments" }, services: { "payment-service": "payments" } };
const PAGE = { pagerDuty: { secret: "receivers", key: "routing-key" } };
const TICKET = { slack: { secret: "receivers", key: "slack-url", channel: "#platform" } };

const watched = (monitoring: Written, more: Written = {}): Written => ({
  ...more,
  workloads: { images: { registry: "registry.example.com" }, monitoring: { podMonitor: true, ...monitoring } },
});
const objectsOf = (kubernetes: Written) => {
  const servers = kubernetesOf(kubernetes);
  return alertingObjects({ stack: "dev", servers, monitoring: servers.workloads.monitoring, owners: OWNERS });
};
const alertsOf = (kubernetes: Written): readonly AlertingRule[] => {
  const rule = objectsOf(kubernetes).find(({ kind }) => kind === "PrometheusRule");
  const { groups } = rule?.spec as { readonly groups: readonly { readonly rules: readonly object[] }[] };
  return groups.flatMap(({ rules }) => rules.filter((each): each is AlertingRule => "alert" in each));
};

interface Route {
  readonly receiver: string;
  readonly matchers?: readonly { readonly name: string; readonly value: string }[];
  readonly routes?: readonly Route[];
}

/** Where Alertmanager sends an alert: to the first route that matches all labels. */
function receiverOf({ receiver, routes = [] }: Route, labels: Readonly<Record<string, string>>): string {
  const match = routes.find(({ matchers = [] }) => matchers.every(({ name, value }) => labels[name] === value));
  return match === undefined ? receiver : receiverOf(match, labels);
}

describe("alerting on Kubernetes", () => {
  it("is nothing where the stack is not watched", () => {
    expect(objectsOf({})).toEqual([]);
  });

  it("is a rule with all alerts, which the operator's Prometheus selects", () => {
    const [rule] = objectsOf(watched({ labels: { release: "prometheus" } }));
    expect(rule).toMatchObject({
      kind: "PrometheusRule",
      metadata: { namespace: "platform", labels: { release: "prometheus" } },
    });
    expect(alertsOf(watched({})).map(({ alert }) => alert)).toEqual(ALERTS.map(({ name }) => name));
  });

  it("does not call for an exporter that the stack leaves out", () => {
    const names = alertsOf(watched({}, { kafka: { exporter: false } })).map(({ alert }) => alert);
    expect(names).not.toContain("ExporterDown");
    expect(names).toContain("ConsumerStopped");
  });

  it("points to the runbooks where people read them", () => {
    const address = "https://git.example.com/docs/runbooks";
    for (const { annotations } of alertsOf(watched({ runbooks: `${address}/` })))
      expect(annotations.runbook_url).toMatch(/^https:\/\/git\.example\.com\/docs\/runbooks\/[a-z-]+\.md$/);
    for (const { annotations } of alertsOf(watched({}))) expect(annotations.runbook_url).toMatch(/^docs\/runbooks\//);
  });

  it("brings each dashboard in a ConfigMap that Grafana's sidecar finds", () => {
    const maps = objectsOf(watched({})).filter(({ kind }) => kind === "ConfigMap");
    expect(maps.map(({ metadata }) => metadata.name)).toEqual(DASHBOARDS.map(({ name }) => `dashboard-${name}`));
    for (const { metadata, data } of maps) {
      expect(metadata.labels).toMatchObject({ grafana_dashboard: "1" });
      const [[file = "", text = ""] = []] = Object.entries(data as Readonly<Record<string, string>>);
      expect(file).toMatch(/^dev-[a-z]+\.json$/);
      expect(JSON.parse(text)).toMatchObject({ uid: expect.stringMatching(/^kit-dev-/) });
    }
  });
});

describe("an AlertmanagerConfig", () => {
  const configOf = (alertmanager: Written) => {
    const config = objectsOf(watched({ alertmanager })).find(({ kind }) => kind === "AlertmanagerConfig");
    return config?.spec as { readonly route: Route; readonly receivers: readonly { readonly name: string }[] };
  };

  it("is there only where the stack names receivers", () => {
    expect(objectsOf(watched({})).map(({ kind }) => kind)).not.toContain("AlertmanagerConfig");
  });

  it("sends each alert to a receiver that it has, by severity and owner", () => {
    const { route, receivers } = configOf({
      page: PAGE,
      ticket: TICKET,
      watchdog: { webhook: { secret: "receivers", key: "heartbeat-url" } },
      teams: { payments: { page: { pagerDuty: { secret: "payments", key: "routing-key" } } } },
    });
    const to = (severity: string, owner: string): string => receiverOf(route, { severity, owner });
    expect(to("page", "checkout")).toBe("page");
    expect(to("ticket", "checkout")).toBe("ticket");
    expect(to("page", "payments")).toBe("payments-page");
    expect(to("ticket", "payments")).toBe("ticket");
    expect(to("none", "platform")).toBe("watchdog");
    const names = receivers.map(({ name }) => name);
    for (const { labels } of alertsOf(watched({}))) expect(names).toContain(receiverOf(route, labels));
  });

  it("sends the Watchdog nowhere without a receiver for it, and not to people", () => {
    const { route, receivers } = configOf({ page: PAGE, ticket: TICKET });
    expect(receiverOf(route, { severity: "none", owner: "platform" })).toBe("nowhere");
    expect(receivers.find(({ name }) => name === "nowhere")).toEqual({ name: "nowhere" });
  });

  it("holds no address and no key, only names of Secrets", () => {
    expect(configOf({ page: PAGE, ticket: TICKET }).receivers).toMatchObject([
      { pagerdutyConfigs: [{ routingKey: { name: "receivers", key: "routing-key" } }] },
      { slackConfigs: [{ apiURL: { name: "receivers", key: "slack-url" }, channel: "#platform" }] },
      {},
    ]);
  });

  it("is asked about the platform's alerts: they carry the namespace by which the operator limits it", () => {
    const [config] = objectsOf(watched({ alertmanager: { page: PAGE, ticket: TICKET } })).filter(
      ({ kind }) => kind === "AlertmanagerConfig",
    );
    for (const { labels } of alertsOf(watched({})))
      expect(labels).toMatchObject({ namespace: config?.metadata.namespace });
  });

  it.each<[what: string, workloads: Written, message: RegExp]>([
    [
      "without anything that alerts",
      { images: { registry: "r.example.com" }, monitoring: { alertmanager: { page: PAGE, ticket: TICKET } } },
      /no alerts to send/,
    ],
    [
      "whose receiver names no way",
      {
        images: { registry: "r.example.com" },
        monitoring: { podMonitor: true, alertmanager: { page: {}, ticket: TICKET } },
      },
      /give pagerDuty, slack or webhook/,
    ],
  ])("%s is refused", (_what, workloads, message) => {
    const reading = parseStackSettings(written({ workloads }));
    expect(reading.ok ? "" : reading.problems.map((problem) => problem.message).join("\n")).toMatch(message);
  });
});

describe("owners", () => {
  it("are the teams of the topics' files, for what the stack runs", () => {
    const domains = [
      { services: ["payment-service", "elsewhere"], owner: { team: "payments", contact: "#payments" } },
    ] as unknown as Parameters<typeof serviceTeams>[0]["domains"];
    const topics = [{ name: "payment-service.dlt", owner: "payments" }] as unknown as Parameters<
      typeof ownersOf
    >[0]["topics"];
    expect(ownersOf({ topics }, serviceTeams({ domains }), ["unowned", "payment-service"])).toEqual(OWNERS);
  });
});
