/** Settings of monitoring on Kubernetes: who reads metrics, and who is called. */
import * as z from "zod";
import type { Problem } from "../problems/problem.ts";
import type { Located, PropertyPath } from "../problems/validation.ts";
import { count, name } from "../values/field-types.ts";
import { slugPattern } from "../values/names.ts";

const dnsLabel = (description: string) =>
  name("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", "lower-case letters, digits and dashes, at most 63", description);
const secretKey = name("^[-._a-zA-Z0-9]{1,253}$", "letters, digits, '-', '_' and '.'", "Key in the Secret.");
const secret = { secret: dnsLabel("Secret in the namespace of the platform's servers; made by hand."), key: secretKey };

const receiver = z
  .strictObject({
    pagerDuty: z.strictObject(secret).meta({ description: "PagerDuty; the key holds a routing key." }).optional(),
    slack: z
      .strictObject({
        ...secret,
        channel: z.string().min(1).meta({ description: 'Channel, for example "#platform".' }),
      })
      .meta({ description: "Slack or what speaks as it does; the key holds the address of a webhook." })
      .optional(),
    webhook: z.strictObject(secret).meta({ description: "A webhook; the key holds its address." }).optional(),
  })
  .refine((ways) => Object.keys(ways).length > 0, { error: "names no way: give pagerDuty, slack or webhook" });

const team = z
  .strictObject({
    page: receiver.meta({ description: "Where pages of the team go. Default: where all pages go." }).optional(),
    ticket: receiver.meta({ description: "Where tickets of the team go. Default: where all tickets go." }).optional(),
  })
  .meta({ description: "A team, by the owner that the topics' files name." });

const alertmanager = z
  .strictObject({
    page: receiver.meta({ description: "Where alerts go for which somebody must look at once." }),
    ticket: receiver.meta({ description: "Where alerts go for working hours." }),
    watchdog: receiver
      .meta({ description: "Where the alert goes that always fires; it must call when that stops. Default: nowhere." })
      .optional(),
    teams: z
      .record(name(slugPattern, "lower-case letters, digits and single dashes", "A team."), team)
      .meta({ description: "Teams with receivers of their own. Default: none." })
      .default({}),
  })
  .meta({ description: "An AlertmanagerConfig of the Prometheus operator. Default: none; you route alerts yourself." });

/** Format of the part. */
export const monitoring = z
  .strictObject({
    podMonitor: z
      .boolean()
      .meta({
        description:
          "Whether the platform is watched by the Prometheus operator: a PodMonitor for services, brokers and the platform's servers, a PrometheusRule with signals and alerts, dashboards for Grafana. Default: false.",
      })
      .default(false),
    namespace: dnsLabel("Namespace whose pods may read metrics. Default: monitoring.").default("monitoring"),
    intervalSeconds: count(5, 300, "Seconds between two readings. Default: 30.").default(30),
    labels: z
      .record(z.string().min(1), z.string())
      .meta({ description: "Labels by which a Prometheus selects its PodMonitors and PrometheusRules. Default: none." })
      .default({}),
    runbooks: z
      .url({ protocol: /^https?$/ })
      .meta({
        description:
          "Address of the folder docs/runbooks where people read it. Default: the path in the repository, which no alert can be clicked through to.",
      })
      .optional(),
    alertmanager: alertmanager.optional(),
  })
  .meta({ description: "Who may read metrics, and who is called." })
  .prefault({});

/** Settings of monitoring, defaults filled in. */
export type MonitoringSettings = z.output<typeof monitoring>;

/** Where alerts are sent. */
export type AlertmanagerSettings = z.output<typeof alertmanager>;

/** Notification channels of a receiver. */
export type ReceiverSettings = z.output<typeof receiver>;

/** Returns the problem of receivers without alerts: alerts are evaluated only with `podMonitor`. */
export function monitoringProblems(
  { podMonitor, alertmanager: receivers }: MonitoringSettings,
  at: Located,
  path: PropertyPath,
): Problem[] {
  if (podMonitor || receivers === undefined) return [];
  return [
    {
      rule: "missing-key",
      ...at.place([...path, "alertmanager"]),
      message: "monitoring.alertmanager has no alerts to send: podMonitor is false",
      fix: "set podMonitor: true, or take alertmanager away",
    },
  ];
}
