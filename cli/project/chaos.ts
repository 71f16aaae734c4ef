/** API for a project's faults and scenarios; see {@link ChaosDefinition}. */
export { readValue } from "../chaos/database-settings.ts";
export type { ChaosDefinition, FaultDefinition, ScenarioDefinition } from "../chaos/definition.ts";
export { freezeOne, instancesOf } from "../chaos/edge-plans.ts";
export type { Demand, Expectations, FaultWindow, Probe } from "../chaos/expectations.ts";
export { runFault } from "../chaos/faults/fault.ts";
export { getJson, putJson } from "../chaos/management.ts";
export { httpProbe, processIds } from "../chaos/probes.ts";
export type { Draw, Injection, KitInjection, MigratedColumn, ProjectInjection } from "../chaos/schedule.ts";
export type { Site } from "../chaos/site.ts";
export { managementOf, namedProcesses } from "../chaos/site.ts";
export type { Undo } from "../chaos/undo.ts";
export { undoable } from "../chaos/undo.ts";
export type { WitnessedFault } from "../witness.ts";
