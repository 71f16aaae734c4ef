/** Processes and addresses of the platform: the document of `kit status`. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { KitError } from "../errors.ts";

/** State of the platform as a whole. */
export type PlatformState =
  /** Every process runs. */
  | "running"
  /** Some processes run, some do not, or not yet. */
  | "degraded"
  /** No process runs; data exists. */
  | "stopped"
  /** Never brought up, or deleted. */
  | "absent";

/** A listening address. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Addresses of a service. */
export interface ServiceAddresses {
  /** Base URL of its public API; absent if it has none. */
  readonly http?: string;
  /** Base URLs of the management APIs (probes, metrics), one per instance. */
  readonly management: readonly string[];
}

/** Addresses of all listeners. */
export interface PlatformEndpoints {
  /** Base URL of the API gateway. */
  readonly gateway: string;
  /** Base URL of the schema registry. */
  readonly registry: string;
  readonly redis: Address;
  readonly postgres: Address;
  readonly kafka: {
    /** SASL_SSL listeners for services, `host:port`. */
    readonly bootstrap: readonly string[];
    /** Mutual-TLS listeners for the admin, `host:port`. */
    readonly admin: readonly string[];
  };
  /** Base URL of Prometheus; absent if the platform has none. It may start later than the rest. */
  readonly prometheus?: string;
  /** By service name. */
  readonly services?: Readonly<Record<string, ServiceAddresses>>;
}

/** Files that an external script needs to connect to the servers. */
export interface PlatformFiles {
  readonly ca: string;
  readonly adminCert: string;
  readonly adminKey: string;
  /** Maps each principal to its passwords; readable only by its owner. */
  readonly credentials: string;
}

/** What the Pulumi program writes to `status.json`. */
export interface DeclaredStatus {
  readonly stack: string;
  readonly endpoints: PlatformEndpoints;
  readonly files: PlatformFiles;
}

/** A process as its supervisor sees it. */
export interface ObservedProcess {
  readonly name: string;
  readonly role: string;
  readonly zone?: string | undefined;
  readonly pid?: number | undefined;
  readonly state: "running" | "dead" | "starting";
  readonly rssBytes?: number | undefined;
  readonly startedAt?: string | undefined;
  readonly ports: readonly { readonly name: string; readonly host: string; readonly port: number }[];
  readonly log: string;
}

/** A process in the document; unknown fields are `null`. */
export interface ProcessDocument {
  readonly name: string;
  readonly role: string;
  readonly zone?: string;
  readonly pid: number | null;
  readonly state: string;
  readonly rssBytes: number | null;
  readonly startedAt: string | null;
  readonly ports: readonly { readonly name: string; readonly host: string; readonly port: number }[];
  readonly log: string;
}

/** The document of `kit status --json`. Fields may be added, but never removed or renamed. */
export interface PlatformStatus {
  readonly stack: string;
  readonly state: PlatformState;
  /** `null` while the platform is absent. */
  readonly endpoints: PlatformEndpoints | null;
  readonly files: PlatformFiles | null;
  readonly processes: readonly ProcessDocument[];
  /** Sum over all processes. */
  readonly rssBytes: number;
}

/** Order in which roles are shown and started. */
export const ROLE_ORDER: readonly string[] = [
  "controller",
  "broker",
  "registry",
  "database",
  "cache",
  "service",
  "maintenance",
];

/** Assembles the document; pure. */
export function composeStatus(
  stack: string,
  declared: DeclaredStatus | undefined,
  observed: readonly ObservedProcess[],
): PlatformStatus {
  const alive = observed.filter((process) => process.state === "running");
  const settling = observed.some((process) => process.state === "starting");
  let state: PlatformState;
  if (alive.length === 0 && !settling) state = declared === undefined && observed.length === 0 ? "absent" : "stopped";
  // Processes without a status file: the program has not finished yet.
  else state = alive.length === observed.length && declared !== undefined ? "running" : "degraded";
  const place = (process: ObservedProcess): number => {
    const index = ROLE_ORDER.indexOf(process.role);
    return index === -1 ? ROLE_ORDER.length : index;
  };
  const processes = [...observed]
    .sort((a, b) => place(a) - place(b) || a.name.localeCompare(b.name, "en", { numeric: true }))
    .map(
      (process): ProcessDocument => ({
        name: process.name,
        role: process.role,
        ...(process.zone === undefined ? {} : { zone: process.zone }),
        pid: process.pid ?? null,
        state: process.state,
        rssBytes: process.rssBytes ?? null,
        startedAt: process.startedAt ?? null,
        ports: process.ports,
        log: process.log,
      }),
    );
  return {
    stack: declared?.stack ?? stack,
    state,
    endpoints: declared?.endpoints ?? null,
    files: declared?.files ?? null,
    processes,
    rssBytes: processes.reduce((sum, process) => sum + (process.rssBytes ?? 0), 0),
  };
}

/**
 * Reads the program's status file.
 * @returns `undefined` when it wrote nothing yet.
 * @throws KitError `KIT_STATUS_UNREADABLE` when the file is invalid.
 */
export async function readDeclaredStatus(stateDir: string): Promise<DeclaredStatus | undefined> {
  const file = join(stateDir, "status.json");
  if (!existsSync(file)) return undefined;
  let document: unknown;
  try {
    document = JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw new KitError("KIT_STATUS_UNREADABLE", file, { cause });
  }
  if (!isDeclaredStatus(document))
    throw new KitError("KIT_STATUS_UNREADABLE", `${file} lacks stack, endpoints or files`);
  return document;
}

function isDeclaredStatus(value: unknown): value is DeclaredStatus {
  return (
    typeof value === "object" &&
    value !== null &&
    "stack" in value &&
    typeof value.stack === "string" &&
    "endpoints" in value &&
    typeof value.endpoints === "object" &&
    value.endpoints !== null &&
    "gateway" in value.endpoints &&
    "files" in value &&
    typeof value.files === "object" &&
    value.files !== null
  );
}

/** Folder in the state directory with processes, their records, logs and data. */
export function substrateFolder(stateDir: string): string {
  return join(stateDir, "local");
}

/** Reads the current state of the platform. */
export async function observePlatform(stateDir: string, stack: string): Promise<PlatformStatus> {
  const { listProcesses } = await import("../../components/provider/process/index.ts");
  const [declared, observed] = await Promise.all([
    readDeclaredStatus(stateDir),
    listProcesses(substrateFolder(stateDir)),
  ]);
  return composeStatus(stack, declared, observed);
}
