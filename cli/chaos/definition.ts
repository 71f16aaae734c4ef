/** What a project adds to `kit chaos`: faults of its own, scenarios, and what the kit's faults show and leave behind in it. */
import type { WitnessedFault } from "../witness.ts";
import type { Expectations, FaultWindow } from "./expectations.ts";
import type { KitInjection, ProjectInjection, Scenario } from "./schedule.ts";
import type { FrontDoor, Site } from "./site.ts";

/** A fault that only this project can have. */
export interface FaultDefinition<I extends ProjectInjection = ProjectInjection> {
  /** As schedules name it; none of the kit's. */
  readonly name: string;
  /** It in words, for the list of what will be broken. */
  describe(injection: I): string;
  /**
   * Strikes at a moment, holds, heals, and measures; made with `runFault`.
   * @param at - Milliseconds since the epoch.
   */
  perform(site: Site, injection: I, at: number): Promise<WitnessedFault>;
}

/** A scenario of the project. One with the name of the kit's stands in its place. */
export interface ScenarioDefinition extends Scenario {
  /** Name of the scenario that it stands behind in the list. @default the last that needs as many instances */
  readonly after?: string;
}

/** A project's part of `kit chaos`. */
export interface ChaosDefinition {
  readonly faults?: readonly FaultDefinition[];
  readonly scenarios?: readonly ScenarioDefinition[];
  /**
   * Services of which the load needs the first instance: on one machine nothing balances between the instances behind
   * the exposed service. Faults that strike one of several instances spare it.
   */
  readonly entry?: readonly string[];
  /** How a customer meets the exposed service; absent: no scenario is about customers who leave. */
  readonly frontDoor?: FrontDoor;
  /**
   * What a fault of the kit also shows in this project, and what must be true after it.
   * @param window - Filled while the fault lasts.
   * @param at - When it is due, milliseconds since the epoch.
   */
  beside?(site: Site, injection: KitInjection, window: FaultWindow, at: number): Expectations;
}
