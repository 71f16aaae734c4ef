/** What a kind of resource gives to the provider: the life of one resource on plain values. */
import type { Values } from "./values.ts";

/** A property that is wrong. */
export interface CheckFailure {
  /** Path as in `topics["order-events"].partitions`. */
  readonly property: string;
  readonly reason: string;
}

/** A property that differs. */
export interface PropertyChange {
  readonly path: string;
  readonly change: "add" | "delete" | "update";
  /** The resource cannot change in place. */
  readonly replaces?: boolean;
  /** `input`: the program's text changed. `output`: the world did. */
  readonly side: "input" | "output";
}

/** What a resource would have done to it. No changes: it is left alone. */
export interface ResourceDiff {
  readonly changes: readonly PropertyChange[];
  /** On replacement, the old one goes first. */
  readonly deleteBeforeReplace?: boolean;
}

/** Tells the user something about one resource, in the engine's own output; `progress` is shown for a moment, beside the resource. */
export type Note = (message: string, level?: NoteLevel) => void;

/** How a note is shown; default `info`. */
export type NoteLevel = "progress" | "info" | "warning";

/** Inputs and state have neither secrets' marks nor, outside check and diff, unknowns. */
export interface ResourceKind {
  /** Finds what is wrong with the new inputs. In previews they may hold unknowns. */
  check(request: {
    readonly news: Values;
    readonly olds: Values | undefined;
    readonly note: Note;
  }): Promise<readonly CheckFailure[]>;
  diff(request: {
    readonly id: string;
    readonly news: Values;
    readonly olds: Values;
    readonly state: Values;
    readonly note: Note;
  }): Promise<ResourceDiff>;
  /** Gives the id and what was computed; the inputs are added to the state by the provider. */
  create(request: {
    readonly inputs: Values;
    readonly note: Note;
  }): Promise<{ readonly id: string; readonly computed: Values }>;
  /** The state as it is in the world; nothing: it is gone. */
  read(request: {
    readonly id: string;
    readonly inputs: Values;
    readonly state: Values;
    readonly note: Note;
  }): Promise<Values | undefined>;
  update(request: {
    readonly id: string;
    readonly inputs: Values;
    readonly olds: Values;
    readonly state: Values;
    readonly note: Note;
  }): Promise<Values>;
  delete(request: {
    readonly id: string;
    readonly inputs: Values;
    readonly state: Values;
    readonly note: Note;
  }): Promise<void>;
  /** Names of the computed outputs: not known in a preview that would create or update. */
  readonly computedOutputs: readonly string[];
  /** Those among them that are secret. */
  readonly secretOutputs?: readonly string[];
  /** Those among them that an update never changes. */
  readonly stableOutputs?: readonly string[];
}

/**
 * Thrown by create or update when something was left in the world although it failed: the engine
 * then keeps the resource, so that the next `up` finishes it and `destroy` removes it.
 */
export class Unfinished extends Error {
  readonly id: string;
  readonly computed: Values;

  constructor(id: string, computed: Values, cause: Error) {
    super(cause.message, { cause });
    this.name = "Unfinished";
    this.id = id;
    this.computed = computed;
  }
}
