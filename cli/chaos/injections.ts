/** The faults of schedules: which belong to the kit, which to a project, and a description of each. Pure. */
import type { FaultDefinition } from "./definition.ts";
import type { Injection, KitInjection, ProjectInjection } from "./schedule.ts";

const KIT_FAULTS: Readonly<Record<KitInjection["fault"], true>> = {
  kill: true,
  freeze: true,
  "zones-down": true,
  "freeze-instance": true,
  "kill-active-controller": true,
  "roll-brokers": true,
  "crash-at-point": true,
  "rewind-offsets": true,
  poison: true,
  "large-poison": true,
  "disconnect-storm": true,
  "widen-column": true,
  "read-only-database": true,
  "clock-skew": true,
  "cold-registry": true,
};

/** Whether a fault is one of the kit's. */
export function isKitInjection(injection: Injection): injection is KitInjection {
  return Object.hasOwn(KIT_FAULTS, injection.fault);
}

/** The project's fault that an injection names. @throws RangeError when there is none. */
export function ownFault(own: readonly FaultDefinition[], injection: ProjectInjection): FaultDefinition {
  const found = own.find(({ name }) => name === injection.fault);
  if (found === undefined)
    throw new RangeError(`a scenario names the fault ${injection.fault}, which neither the kit nor the project has`);
  return found;
}

/**
 * Describes a schedule's fault.
 * @param own - The project's faults.
 */
export function describeInjection(injection: Injection, own: readonly FaultDefinition[] = []): string {
  if (isKitInjection(injection)) return describeKitInjection(injection);
  return ownFault(own, injection).describe(injection);
}

function describeKitInjection(injection: KitInjection): string {
  switch (injection.fault) {
    case "kill":
      return `SIGKILL ${injection.targets.join(", ")}`;
    case "freeze":
      return `SIGSTOP ${injection.targets.join(", ")}`;
    case "zones-down":
      return `SIGKILL ${injection.targets.join(", ")}: ${injection.zones.join(" and ")}`;
    case "freeze-instance":
      return `SIGSTOP ${injection.target}`;
    case "large-poison":
      return `${injection.heap} wrong records of 24 kB at once and one of the largest size, as ${injection.event}`;
    case "disconnect-storm":
      return `${injection.requests} requests whose senders leave early`;
    case "widen-column":
      return `${injection.column.table}.${injection.column.column} of ${injection.column.service} becomes ${injection.column.to}`;
    case "read-only-database":
      return `the database of ${injection.service} becomes read-only`;
    case "clock-skew":
      return `clocks wrong: ${injection.clocks.map(({ target, offsetMs }) => `${target} by ${offsetMs > 0 ? "+" : ""}${Math.round(offsetMs / 1_000)} s`).join(", ")}`;
    case "kill-active-controller":
      return "SIGKILL of the active controller";
    case "roll-brokers":
      return `restart ${injection.targets.join(", ")}, one after the other`;
    case "crash-at-point":
      return `${injection.target} ends itself ${injection.point}, passing ${injection.after}`;
    case "rewind-offsets":
      return `${injection.service} reads ${injection.records} records of each partition again`;
    case "poison":
      return `${injection.records.length} wrong records: ${[...new Set(injection.records.map(({ kind }) => kind))].join(", ")}`;
    case "cold-registry":
      return `SIGKILL ${injection.targets.join(", ")}, then ${injection.instances.join(", ")} starts without it`;
  }
}
