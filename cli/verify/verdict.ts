/** The answer of `kit verify`. */

/** Figures of an invariant: numbers by name, or one level of them by group, service or topic. */
export type Figures = Readonly<Record<string, number | Readonly<Record<string, number>>>>;

/** One violation of an invariant. */
export interface Violation {
  /** Its subject: an order, an event, a dead-letter record, a partition. */
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
  /** Number of violations. */
  readonly violations: number;
  /** The first violations. */
  readonly problems: readonly Violation[];
  /** Notes that are not violations. */
  readonly notes: readonly string[];
}

/** The document of `kit verify --json`. Fields may be added, but never removed or renamed. */
export interface Verdict {
  readonly invariants: readonly JudgedInvariant[];
  /** True when all hold. */
  readonly holds: boolean;
}

/** Result of judging one invariant. */
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
