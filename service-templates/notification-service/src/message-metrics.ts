/** Metrics of this service, in addition to those of every service. */
import type { Registry } from "prom-client";
import { Counter, Gauge, Histogram } from "prom-client";
import { CHANNELS } from "./channels/channel.ts";

export interface MessageMetrics {
  /** Messages by outcome: sent, undeliverable. */
  readonly messages: Counter<"channel" | "outcome">;
  /** Answers of channels: accepted, rejected, unavailable, silent. */
  readonly answers: Counter<"channel" | "answer">;
  /** Number of notices per message. */
  readonly noticesPerMessage: Histogram;
  /** Messages that were not sent although their window has ended. */
  readonly waiting: Gauge;
  /** Overdue time of the oldest waiting message; 0 if there is none. */
  readonly waitingOldestAge: Gauge;
  /** Notices of orders whose customer is unknown. */
  readonly unaddressed: Gauge;
  /** Age of the oldest such notice; 0 if there is none. */
  readonly unaddressedOldestAge: Gauge;
}

export function messageMetrics(registry: Registry): MessageMetrics {
  const registers = [registry];
  const metrics: MessageMetrics = {
    messages: new Counter({
      name: "notifications_total",
      help: "Messages by channel and outcome",
      labelNames: ["channel", "outcome"],
      registers,
    }),
    answers: new Counter({
      name: "notification_channel_answers_total",
      help: "Answers of channels",
      labelNames: ["channel", "answer"],
      registers,
    }),
    noticesPerMessage: new Histogram({
      name: "notification_notices_per_message",
      help: "Events a sent message tells about",
      buckets: [1, 2, 3, 5, 8, 13, 21],
      registers,
    }),
    waiting: new Gauge({
      name: "notifications_waiting",
      help: "Messages not sent although their window is over",
      registers,
    }),
    waitingOldestAge: new Gauge({
      name: "notifications_waiting_oldest_age_seconds",
      help: "How long the oldest unsent message is overdue",
      registers,
    }),
    unaddressed: new Gauge({
      name: "notification_notices_unaddressed",
      help: "Notices of orders whose customer is not known yet",
      registers,
    }),
    unaddressedOldestAge: new Gauge({
      name: "notification_notices_unaddressed_oldest_age_seconds",
      help: "Age of the oldest notice whose customer is not known yet",
      registers,
    }),
  };
  // Alerts on an increase need the series to exist before its first event.
  for (const channel of CHANNELS)
    for (const outcome of ["sent", "undeliverable"]) metrics.messages.inc({ channel, outcome }, 0);
  return metrics;
}
