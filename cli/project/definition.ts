/**
 * What a project tells the kit about itself: `kit.config.ts` at its root gives a {@link ProjectDefinition}. Everything
 * in it is optional. Without a part, a command does what holds for every project, or says which part it needs.
 */
import type { ChaosDefinition } from "../chaos/definition.ts";
import type { LoadDefinition } from "../load/definition.ts";
import type { OrderDefinition } from "../order/definition.ts";
import type { VerificationDefinition } from "../verify/definition.ts";

/** A part of a project, loaded when a command needs it. */
export type Part<T> = () => Promise<T>;

/** A benchmark of the project's own. */
export interface BenchmarkDefinition {
  /** What it measures, for `kit bench --help`. */
  readonly summary: string;
  /** Path of its program below the project's root: made with `runBenchmarkProgram`. */
  readonly program: string;
}

/** A project. docs/guide/project.md shows one being written. */
export interface ProjectDefinition {
  /** Invariants of the project's own, which `kit verify` and `kit chaos` judge beside those of every project. */
  readonly verification?: Part<VerificationDefinition>;
  /** How an order is placed and followed: `kit order`, and what `kit start` shows. */
  readonly order?: Part<OrderDefinition>;
  /** Requests as customers send them, and what becomes of them; `kit chaos` needs it. */
  readonly load?: Part<LoadDefinition>;
  /** Faults and scenarios of the project's own, and what the kit's show in it. */
  readonly chaos?: Part<ChaosDefinition>;
  /** What `kit bench` measures beside the platform itself, by name. */
  readonly benchmarks?: Readonly<Record<string, BenchmarkDefinition>>;
}

/** Gives a project back as it is; typed, so that an editor completes and checks it. */
export function defineProject(project: ProjectDefinition): ProjectDefinition {
  return project;
}
