/** The interface between the provider and a resource kind: the lifecycle of one resource on plain values. */
import type { Values } from "./values.ts";

/** A wrong property. */
export interface CheckFailure {
  /** Path, for example `topics["order-events"].partitions`. */
  readonly property: string;
  readonly reason: string;
}

/** A changed property. */
export interface PropertyChange {
  readonly path: string;
  readonly change: "add" | "delete" | "update";
  /** Whether the change replaces the resource. */
  readonly replaces?: boolean;
  /** `input`: the program changed. `output`: the real state changed. */
  readonly side: "input" | "output";
}

/** The changes of a resource. Without changes, the resource is not updated. */
export interface ResourceDiff {
  readonly changes: readonly PropertyChange[];
  /** Whether a replacement deletes the old resource first. */
  readonly deleteBeforeReplace?: boolean;
}

/**
 * Sends the user a message about one resource in the engine's output. The engine shows `progress` briefly, beside the
 * resource.
 */
export type Note = (message: string, level?: NoteLevel) => void;

/** Level of a note. Default: `info`. */
export type NoteLevel = "progress" | "info" | "warning";

/** A resource kind. Inputs and state contain no marks of secrets. Only check and diff can receive unknown values. */
export interface ResourceKind {
  /** Returns the failures of the new inputs. In previews they may contain unknown values. */
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
  /** Returns the id and the computed outputs. The provider adds the inputs to the state. */
  create(request: {
    readonly inputs: Values;
    readonly note: Note;
  }): Promise<{ readonly id: string; readonly computed: Values }>;
  /** Returns the real state; undefined if the resource no longer exists. */
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
  /** Names of the computed outputs. They are unknown in a preview that would create or update. */
  readonly computedOutputs: readonly string[];
  /** Names of the secret ones among them. */
  readonly secretOutputs?: readonly string[];
  /** Names of those among them that an update never changes. */
  readonly stableOutputs?: readonly string[];
}

/**
 * Error of a create or update that failed and left something behind. The engine then keeps the resource, so that the
 * next `up` finishes it and `destroy` removes it.
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
