/** The answer of `kit verify`. */

/** Figures of an invariant: numbers by name, or one level of them by group, service or topic. */
export type Figures = Readonly<Record<string, number | Readonly<Record<string, number>>>>;

/** One thing that breaks an invariant. */
export interface Violation {
  /** What it is about: an order, an event, a letter, a partition. */
  readonly subject: string;
  readonly message: string;
}

/** An invariant and whether it holds. */
export interface JudgedInvariant {
  /** From 1. */
  readonly id: number;
  readonly name: string;
  readonly holds: boolean;
  readonly figures: Figures;
  /** How many things break it. */
  readonly violations: number;
  /** The first of them. */
  readonly problems: readonly Violation[];
  /** What the reader should know though it breaks nothing. */
  readonly notes: readonly string[];
}

/** The document of `kit verify --json`. Fields may be added, none removed or renamed. */
export interface Verdict {
  readonly invariants: readonly JudgedInvariant[];
  /** True when all hold. */
  readonly holds: boolean;
}

/** What judging one invariant gives. */
export interface Judgement {
  readonly figures: Figures;
  readonly violations: Violations;
  readonly notes?: readonly string[];
}

/** Collects violations: counts all, keeps the first few. */
export class Violations {
  readonly examples: Violation[] = [];
  count = 0;
  readonly #limit: number;

  /** @param limit - How many are kept. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  add(subject: string, message: string): void {
    this.count += 1;
    if (this.examples.length < this.#limit) this.examples.push({ subject, message });
  }
}
