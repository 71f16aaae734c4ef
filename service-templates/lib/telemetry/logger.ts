/** Logs: one JSON object per line on stdout. */
import type { Logger } from "pino";
import pino from "pino";

export type { Logger } from "pino";

/** @param replica - The process of the service that writes the log: an ordinal on one machine, a pod's name on Kubernetes. */
export function createLogger(service: string, replica: string, level: string): Logger {
  return pino({
    level,
    base: { service, replica },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: [
        "password",
        "*.password",
        "authorization",
        "*.authorization",
        "headers.authorization",
        "req.headers.authorization",
      ],
      censor: "[hidden]",
    },
  });
}
