/**
 * What a project adds to `kit chaos`: its own faults and scenarios, and the effects and demands of the kit's faults in this
 * project.
 */
import type { WitnessedFault } from "../witness.ts";
import type { Expectations, FaultWindow } from "./expectations.ts";
import type { KitInjection, ProjectInjection, Scenario } from "./schedule.ts";
import type { FrontDoor, Site } from "./site.ts";

/** A fault that only this project has. */
export interface FaultDefinition<I extends ProjectInjection = ProjectInjection> {
  /** Name in schedules; differs from all names of the kit. */
  readonly name: string;
  /** Description for the list of planned faults. */
  describe(injection: I): string;
  /**
   * Injects the fault at a moment, waits, heals it, and measures; made with `runFault`.
   * @param at - Milliseconds since the epoch.
   */
  perform(site: Site, injection: I, at: number): Promise<WitnessedFault>;
}

/** A scenario of the project. It replaces a scenario of the kit with the same name. */
export interface ScenarioDefinition extends Scenario {
  /** Name of the scenario after which the list shows it. @default the last that needs as many instances */
  readonly after?: string;
}

/** A project's part of `kit chaos`. */
export interface ChaosDefinition {
  readonly faults?: readonly FaultDefinition[];
  readonly scenarios?: readonly ScenarioDefinition[];
  /**
   * Services whose first instance the load needs: on one machine no load balancer distributes requests over the instances of
   * the exposed service. Faults that affect one of several instances spare the first.
   */
  readonly entry?: readonly string[];
  /** The customer's view of the exposed service; absent: no scenario is about clients that disconnect. */
  readonly frontDoor?: FrontDoor;
  /**
   * Effects of a kit fault in this project, and the conditions that must hold after it.
   * @param window - Filled while the fault lasts.
   * @param at - When it is due, milliseconds since the epoch.
   */
  beside?(site: Site, injection: KitInjection, window: FaultWindow, at: number): Expectations;
}
