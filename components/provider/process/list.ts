/** Lists and stops all processes of a state directory, for commands that do not use Pulumi. */

import { residentBytes } from "../../machine/process-identity.ts";
import { inspect } from "./condition.ts";
import { pathsOf, recordedNames } from "./record.ts";
import { type ProcessRole, stopOrder } from "./specification.ts";
import { stopProcess } from "./supervisor.ts";

/** One process as `kit status` shows it. */
export interface ProcessStatus {
  readonly name: string;
  readonly role: ProcessRole;
  readonly zone?: string;
  /** Absent unless alive. */
  readonly pid?: number;
  /** `starting`: it is alive, and not known to be ready. `dead`: it was started and has died. The next `up` restarts it. */
  readonly state: "running" | "starting" | "dead";
  /** Resident memory in bytes. */
  readonly rssBytes?: number;
  /** ISO 8601. */
  readonly startedAt?: string;
  readonly ports: readonly { readonly name: string; readonly host: string; readonly port: number }[];
  /** Absolute path of the log. */
  readonly log: string;
}

/** Returns the recorded processes, sorted by name. A process that was stopped on purpose has no record. */
export async function listProcesses(stateDir: string): Promise<ProcessStatus[]> {
  const names = await recordedNames(stateDir);
  const found = await Promise.all(
    names.map(async (name): Promise<ProcessStatus | undefined> => {
      const { record, identity, state } = await inspect(pathsOf(stateDir, name));
      if (record === undefined) return undefined;
      const display = {
        name,
        role: record.role,
        ...(record.zone !== undefined && { zone: record.zone }),
        ports: record.ports,
        log: record.log.path,
      };
      if (identity === undefined || (state !== "running" && state !== "starting")) return { ...display, state: "dead" };
      const rssBytes = await residentBytes(identity.pid);
      return {
        ...display,
        pid: identity.pid,
        state,
        ...(rssBytes !== undefined && { rssBytes }),
        startedAt: record.startedAt,
      };
    }),
  );
  return found.filter((status) => status !== undefined);
}

/** Progress of {@link stopProcesses}. */
export interface StopProgress {
  readonly name: string;
  readonly role: ProcessRole;
  readonly event: "stopping" | "stopped" | "failed";
  readonly error?: Error;
}

/**
 * Stops every process of a state directory, role by role: clients before their servers, and all processes of a role in
 * parallel. Data, files and logs stay. If one process does not end, the others are still stopped.
 * @throws AggregateError with the errors of the processes that could not be stopped
 */
export async function stopProcesses(
  stateDir: string,
  options: { onProgress?: (progress: StopProgress) => void } = {},
): Promise<{ stopped: string[] }> {
  const processes = await listProcesses(stateDir);
  const stopped: string[] = [];
  const errors: Error[] = [];
  for (const role of stopOrder) {
    await Promise.all(
      processes
        .filter((process) => process.role === role)
        .map(async ({ name }) => {
          options.onProgress?.({ name, role, event: "stopping" });
          try {
            if (await stopProcess(stateDir, name)) stopped.push(name);
            options.onProgress?.({ name, role, event: "stopped" });
          } catch (thrown) {
            const error = thrown instanceof Error ? thrown : new Error(String(thrown));
            errors.push(error);
            options.onProgress?.({ name, role, event: "failed", error });
          }
        }),
    );
  }
  if (errors.length > 0) throw new AggregateError(errors, errors.map(({ message }) => message).join("\n"));
  return { stopped: stopped.sort() };
}
