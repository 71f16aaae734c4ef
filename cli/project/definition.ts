/**
 * What a project tells the kit about itself: `kit.config.ts` at its root exports a {@link ProjectDefinition}. All parts are
 * optional. Without a part, a command does what holds for every project, or reports which part it needs.
 */
import type { ChaosDefinition } from "../chaos/definition.ts";
import type { LoadDefinition } from "../load/definition.ts";
import type { OrderDefinition } from "../order/definition.ts";
import type { VerificationDefinition } from "../verify/definition.ts";

/** A part of a project, loaded when a command needs it. */
export type Part<T> = () => Promise<T>;

/** A project's own benchmark. */
export interface BenchmarkDefinition {
  /** What it measures, for `kit bench --help`. */
  readonly summary: string;
  /** Path of its program, relative to the project's root; made with `runBenchmarkProgram`. */
  readonly program: string;
}

/** A project. docs/guide/project.md shows an example. */
export interface ProjectDefinition {
  /** The project's own invariants, which `kit verify` and `kit chaos` judge beside those of every project. */
  readonly verification?: Part<VerificationDefinition>;
  /** How to place and follow an order: `kit order`, and the samples of `kit start`. */
  readonly order?: Part<OrderDefinition>;
  /** Requests of customers, and their outcomes; `kit chaos` needs it. */
  readonly load?: Part<LoadDefinition>;
  /** The project's own faults and scenarios, and the effects of the kit's faults in it. */
  readonly chaos?: Part<ChaosDefinition>;
  /** What `kit bench` measures beside the platform itself, by name. */
  readonly benchmarks?: Readonly<Record<string, BenchmarkDefinition>>;
}

/** Returns the project unchanged; typed, so that an editor completes and checks it. */
export function defineProject(project: ProjectDefinition): ProjectDefinition {
  return project;
}
