/**
 * The specification of a process as validated plain data, and the digest that determines whether it must be restarted.
 * Pure.
 */
import { createHash } from "node:crypto";
import { isAbsolute } from "node:path";
import { z } from "zod";
import { absolutePath, octalMode } from "../files/file-rules.ts";
import { canonicalText, type Value } from "../values.ts";

/** Roles in the order in which `kit down` stops them: clients before their servers. */
export const stopOrder = ["service", "registry", "broker", "controller", "cache", "database", "maintenance"] as const;
/** Role of a process in the platform. */
export type ProcessRole = (typeof stopOrder)[number];

const command = z
  .array(z.string())
  .min(1, "must name a program")
  .refine((argv) => argv[0] === undefined || isAbsolute(argv[0]), {
    error: (issue) =>
      `must begin with the absolute path of a program, begins with ${JSON.stringify((issue.input as string[])[0])}`,
  });
const environment = z.record(
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "is not a name of an environment variable"),
  z.string(),
);
const port = z.int("must be a whole number").min(1, "must be 1 to 65535").max(65535, "must be 1 to 65535");
const seconds = z.number().positive("must be more than 0");

const readiness = z
  .object({
    tcp: z.object({ host: z.string(), port }).optional(),
    http: z.object({ url: z.url(), status: z.int().default(200) }).optional(),
    log: z
      .object({
        pattern: z
          .string()
          .refine(isPattern, { error: (issue) => `is not a regular expression: ${JSON.stringify(issue.input)}` }),
      })
      .optional(),
    command: command.optional(),
    timeoutSeconds: seconds,
  })
  .refine(({ tcp, http, log, command }) => [tcp, http, log, command].filter((way) => way !== undefined).length === 1, {
    error: "must have exactly one of tcp, http, log, command",
  });

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}

/** Inputs of a process resource. */
export const processSchema = z.object({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/, {
    error: (issue) => `must be up to 100 letters, digits, "-", "_" or ".", is ${JSON.stringify(issue.input)}`,
  }),
  role: z.enum(["controller", "broker", "registry", "database", "cache", "service", "maintenance"]),
  zone: z.string().optional(),
  command,
  env: environment.default({}),
  workingDirectory: absolutePath.optional(),
  files: z.array(z.object({ path: absolutePath, content: z.string(), mode: octalMode.default("0600") })).default([]),
  directories: z.array(z.object({ path: absolutePath, mode: octalMode.default("0700") })).default([]),
  prepare: z.array(z.object({ command, creates: absolutePath, env: environment.default({}) })).default([]),
  unprivileged: z.boolean().default(false),
  ports: z.array(z.object({ name: z.string(), host: z.string(), port })),
  readiness,
  stop: z
    .object({
      signal: z.enum(["SIGTERM", "SIGINT", "SIGQUIT"]).default("SIGTERM"),
      graceSeconds: z.number().nonnegative().default(10),
    })
    .default({ signal: "SIGTERM", graceSeconds: 10 }),
  log: z
    .object({
      maxBytes: z
        .int()
        .min(4096, "must be 4096 or more")
        .default(10 * 1024 * 1024),
    })
    .default({ maxBytes: 10 * 1024 * 1024 }),
  stateDir: absolutePath,
  restartToken: z.string().optional(),
});

/** The specification of a process, with defaults. */
export type ProcessSpecification = z.infer<typeof processSchema>;
export type Readiness = ProcessSpecification["readiness"];
export type PortBinding = ProcessSpecification["ports"][number];

/**
 * Returns the digest of all settings that a running process can adopt only by a restart. It excludes role and zone
 * (display only), prepare (done once), and readiness, stop and log (read from the record on use).
 */
export function specificationDigest(process: ProcessSpecification): string {
  const { name, command, env, workingDirectory, files, directories, unprivileged, ports, stateDir, restartToken } =
    process;
  const restarting = {
    name,
    command,
    env,
    workingDirectory: workingDirectory ?? null,
    files,
    directories,
    unprivileged,
    ports,
    stateDir,
    restartToken: restartToken ?? null,
  };
  return createHash("sha256")
    .update(canonicalText(restarting as Value))
    .digest("hex");
}
