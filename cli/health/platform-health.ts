/** Health of the running platform beyond its processes: readiness, lag and stuck records in `kit status`. Pure. */
import { z } from "zod";
import type { PlatformEndpoints } from "../platform/platform-status.ts";
import type { GroupLag } from "../verify/groups.ts";
import type { Sample } from "./service-metrics.ts";

/** Whether a service accepts work. */
export interface ProcessReadiness {
  readonly ready: boolean;
  /** Failed checks: `consumer: not a member of its group`. Empty when ready. */
  readonly reasons: readonly string[];
}

/** State of a consumer group. */
export interface GroupHealth {
  readonly group: string;
  /** Connected members. */
  readonly members: number;
  /** Records that it has not read yet. */
  readonly lag: number;
  /** Age of the oldest record that it applies or applied in the last seconds; null if none of its processes answers. */
  readonly timeLagSeconds: number | null;
  /** By topic, sorted. */
  readonly topics: readonly { readonly topic: string; readonly lag: number; readonly timeLagSeconds: number | null }[];
}

/** Records of one service that need attention. */
export interface StuckRecords {
  readonly service: string;
  /** Dead-letter records that are neither replayed nor discarded. */
  readonly deadLetters: number;
  /** Events that could not be published; see `kit outbox`. */
  readonly parked: number;
}

/** A page or document for a browser. */
export interface Page {
  readonly name: string;
  readonly url: string;
}

/** A firing alert. */
export interface FiringAlert {
  readonly name: string;
  readonly severity: string;
  /** Team that is notified. */
  readonly owner: string;
  readonly summary: string;
  /** Path or address of its runbook. */
  readonly runbook: string;
  /** ISO 8601. */
  readonly since: string;
}

/** Fields that `kit status --json` adds to the status. Values that could not be read are null, and `unknown` says why. */
export interface PlatformHealth {
  /** By process; services only. */
  readonly readiness: Readonly<Record<string, ProcessReadiness>>;
  readonly groups: readonly GroupHealth[] | null;
  readonly stuck: readonly StuckRecords[] | null;
  /** Null if no Prometheus answers. */
  readonly alerts: readonly FiringAlert[] | null;
  readonly pages: readonly Page[];
  readonly unknown: readonly string[];
}

/** Lag in records, from the brokers, and in time, as the services measured it. A group has its service's name. */
export function groupHealth(lags: readonly GroupLag[], samples: readonly Sample[]): readonly GroupHealth[] {
  const timeLag = (group: string, topic: string): number | null => {
    const ages = samples.filter(
      ({ name, labels }) => name === "consumer_time_lag_seconds" && labels.service === group && labels.topic === topic,
    );
    return ages.length === 0 ? null : Math.max(...ages.map(({ value }) => value));
  };
  return lags.map(({ group, members, topics }) => {
    const shown = topics.map(({ topic, lag }) => ({ topic, lag, timeLagSeconds: timeLag(group, topic) }));
    const ages = shown.flatMap(({ timeLagSeconds }) => timeLagSeconds ?? []);
    return {
      group,
      members,
      lag: shown.reduce((sum, { lag }) => sum + lag, 0),
      timeLagSeconds: ages.length === 0 ? null : Math.max(...ages),
      topics: shown,
    };
  });
}

/** An answer of `/readyz`. */
export function readinessOf(body: unknown): ProcessReadiness {
  const checks =
    typeof body === "object" && body !== null && "checks" in body && typeof body.checks === "object"
      ? Object.entries(body.checks ?? {})
      : [];
  const reasons = checks.flatMap(([name, outcome]) => (outcome === "good" ? [] : [`${name}: ${String(outcome)}`]));
  const ready = typeof body === "object" && body !== null && "status" in body && body.status === "ready";
  return { ready, reasons: ready || reasons.length > 0 ? reasons : ["its answer is not understood"] };
}

/** Addresses that can be opened in a browser. */
export function pagesOf(endpoints: PlatformEndpoints): readonly Page[] {
  return [
    { name: "API description", url: `${endpoints.gateway}/openapi.json` },
    { name: "Schema registry API", url: endpoints.registry },
    ...(endpoints.prometheus === undefined ? [] : [{ name: "Prometheus", url: endpoints.prometheus }]),
  ];
}

const alertsAnswer = z.object({
  data: z.object({
    alerts: z.array(
      z.object({
        state: z.string(),
        activeAt: z.string(),
        labels: z.record(z.string(), z.string()),
        annotations: z.record(z.string(), z.string()),
      }),
    ),
  }),
});

/** The firing alerts, pages first, from an answer of Prometheus' `/api/v1/alerts`, without the alert that always fires. */
export function firingAlerts(answer: unknown): readonly FiringAlert[] {
  return alertsAnswer
    .parse(answer)
    .data.alerts.filter(({ state, labels }) => state === "firing" && labels.severity !== "none")
    .map(({ activeAt, labels, annotations }) => ({
      name: labels.alertname ?? "",
      severity: labels.severity ?? "",
      owner: labels.owner ?? "",
      summary: annotations.summary ?? "",
      runbook: annotations.runbook_url ?? "",
      since: activeAt,
    }))
    .toSorted((a, b) => Number(b.severity === "page") - Number(a.severity === "page") || a.name.localeCompare(b.name));
}
