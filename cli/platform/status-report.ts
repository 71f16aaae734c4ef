/** The status for people: processes, addresses, next steps. */
import { relative } from "node:path";
import type { CommandContext } from "../context.ts";
import { writeHealth } from "../health/health-report.ts";
import type { PlatformHealth } from "../health/platform-health.ts";
import { colorsFor, renderTable } from "../terminal/output.ts";
import { formatBytes } from "../terminal/quantities.ts";
import type { PlatformStatus } from "./platform-status.ts";

/** Writes state, processes, health where it is known, endpoints and files to stdout. */
export function writeStatusReport(context: CommandContext, status: PlatformStatus, health?: PlatformHealth): void {
  const colors = colorsFor(context.stdout, context.env);
  const paint = status.state === "running" ? colors.green : status.state === "degraded" ? colors.red : colors.yellow;
  context.stdout.write(`${colors.bold(`Stack ${status.stack}`)}: ${paint(status.state)}\n`);
  if (status.processes.length > 0) {
    const rows = status.processes.map((process) => [
      process.name,
      process.role,
      process.zone ?? "",
      process.state === "running" ? process.state : colors.red(process.state),
      process.pid === null ? "" : String(process.pid),
      process.rssBytes === null ? "" : formatBytes(process.rssBytes),
      process.ports.map((port) => port.port).join(" "),
      relative(context.projectDir, process.log),
    ]);
    const table = renderTable(
      [
        { title: "PROCESS" },
        { title: "ROLE" },
        { title: "ZONE" },
        { title: "STATE" },
        { title: "PID", align: "right" },
        { title: "MEMORY", align: "right" },
        { title: "PORTS" },
        { title: "LOG" },
      ],
      rows,
    );
    context.stdout.write(
      `\n${table}\n\n${status.processes.length} processes, ${formatBytes(status.rssBytes)} resident together\n`,
    );
  }
  if (health !== undefined) writeHealth(context, health);
  writeEndpoints(context, status);
  const next = {
    running: [],
    degraded: ["npx kit up      # starts what is missing"],
    stopped: ["npx kit up      # starts it again, with its data"],
    absent: ["npx kit up      # brings it up"],
  }[status.state];
  if (next.length > 0) context.stdout.write(`\nNext:\n${next.map((line) => `  ${line}`).join("\n")}\n`);
}

/** Writes all addresses and the files with their credentials; nothing if they are unknown. */
export function writeEndpoints(context: CommandContext, status: PlatformStatus): void {
  const { endpoints, files } = status;
  if (endpoints === null || files === null) return;
  const colors = colorsFor(context.stdout, context.env);
  const [firstBroker = "", ...others] = endpoints.kafka.bootstrap;
  const [firstAdmin = ""] = endpoints.kafka.admin;
  const rows = [
    [
      "Gateway",
      endpoints.gateway,
      "orders: POST /orders, figures: GET /analytics/summary, API description: GET /openapi.json",
    ],
    ["Kafka (services)", firstBroker, `SASL_SSL, SCRAM-SHA-512; ${others.length} more brokers`],
    ["Kafka (admin)", firstAdmin, "mutual TLS with the admin's certificate"],
    ["Schema registry", endpoints.registry, ""],
    ["PostgreSQL", `${endpoints.postgres.host}:${endpoints.postgres.port}`, "one database per service, TLS"],
    ["Redis", `${endpoints.redis.host}:${endpoints.redis.port}`, "one user per service"],
  ];
  context.stdout.write(`\n${renderTable([{ title: "ENDPOINT" }, { title: "ADDRESS" }, { title: "" }], rows)}\n`);
  const path = (file: string): string => {
    const short = relative(process.cwd(), file);
    return short === "" || short.startsWith("..") ? file : short;
  };
  const fileRows = [
    ["CA", path(files.ca)],
    ["Admin certificate", path(files.adminCert)],
    ["Admin key", path(files.adminKey)],
    ["Credentials", `${path(files.credentials)}   ${colors.dim("jq '.[\"order-service\"]' shows one principal's")}`],
  ];
  context.stdout.write(`\n${renderTable([{ title: "FILE" }, { title: "PATH" }], fileRows)}\n`);
}
