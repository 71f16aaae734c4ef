import { join, resolve } from "node:path";
import { type Observability, observabilityLevels } from "../../model/stack/observability.ts";

/** Folder of the local platform's state below the project, unless `KIT_STATE_DIR` names another one. */
export const DEFAULT_STATE_FOLDER = ".kit";

/** Returns the state directory of the local platform: `KIT_STATE_DIR`, otherwise `.kit` in the project. */
export function stateDirectory(projectDir: string, environment: Readonly<Record<string, string | undefined>>): string {
  const chosen = environment.KIT_STATE_DIR;
  return chosen === undefined || chosen === "" ? join(projectDir, DEFAULT_STATE_FOLDER) : resolve(projectDir, chosen);
}

/**
 * Returns the first port of the local platform: `KIT_PORT_BASE`, otherwise the stack's `local.portBase`.
 * @throws {RangeError} if the variable is not an integer.
 */
export function portBase(configured: number, environment: Readonly<Record<string, string | undefined>>): number {
  const chosen = environment.KIT_PORT_BASE;
  if (chosen === undefined || chosen === "") return configured;
  if (!/^\d+$/.test(chosen))
    throw new RangeError(`KIT_PORT_BASE is "${chosen}"; it must be a whole number, for example 18000.`);
  return Number(chosen);
}

/**
 * Returns the level of local monitoring: `KIT_OBSERVABILITY`, otherwise the stack's `local.observability`.
 * @throws {RangeError} if the variable is not one of the levels.
 */
export function observabilityFrom(
  configured: Observability,
  environment: Readonly<Record<string, string | undefined>>,
): Observability {
  const chosen = environment.KIT_OBSERVABILITY;
  if (chosen === undefined || chosen === "") return configured;
  const level = observabilityLevels.find((known) => known === chosen);
  if (level === undefined)
    throw new RangeError(`KIT_OBSERVABILITY is "${chosen}"; it must be one of ${observabilityLevels.join(", ")}.`);
  return level;
}
