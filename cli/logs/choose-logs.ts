/** Selects the processes whose logs are read. Pure. */
import { KitError } from "../errors.ts";

/** A recorded process. */
export interface LoggingProcess {
  readonly name: string;
  readonly role: string;
  /** Path of its log. */
  readonly log: string;
}

/**
 * The processes with the given names, or of all services without names. A service's name selects all its processes.
 * @throws KitError `KIT_USAGE` for a name that no process has.
 */
export function chooseLogs(
  processes: readonly LoggingProcess[],
  names: readonly string[],
): readonly { readonly process: string; readonly path: string }[] {
  const isCalled = (process: LoggingProcess, name: string): boolean =>
    process.name === name ||
    (process.role === "service" && new RegExp(`^${RegExp.escape(name)}-\\d+$`, "u").test(process.name));
  for (const name of names)
    if (!processes.some((process) => isCalled(process, name)))
      throw new KitError(
        "KIT_USAGE",
        `No process is called ${JSON.stringify(name)}. There are: ${processes
          .map((process) => process.name)
          .toSorted()
          .join(", ")}.`,
      );
  return processes
    .filter((process) =>
      names.length === 0 ? process.role === "service" : names.some((name) => isCalled(process, name)),
    )
    .map(({ name, log }) => ({ process: name, path: log }));
}
