import type { SourceLocation } from "../../model/problems/source-location.ts";
import type { CapacityComparison } from "../capacity/capacity.ts";
import type { DeltaCounts } from "./plan-delta.ts";

/**
 * How severe a change is.
 * - `safe`: no data is lost, and no team's work changes.
 * - `approval`: the named teams should approve it first.
 * - `irreversible`: reverting the change does not restore what it removes.
 * - `refused`: it must not be applied. The advice says what to do instead.
 */
export type Hazard = "safe" | "approval" | "irreversible" | "refused";

/** Kind of a change and of its object: a topic, an event type, a service, a team, a domain or a setting. */
export type ChangeKind =
  | "topic-added"
  | "topic-removed"
  | "topic-renamed"
  | "topic-changed"
  | "event-added"
  | "event-removed"
  | "event-renamed"
  | "event-moved"
  | "event-changed"
  | "schema-changed"
  | "shared-type-added"
  | "shared-type-removed"
  | "producer-added"
  | "producer-removed"
  | "producer-changed"
  | "consumer-added"
  | "consumer-removed"
  | "consumer-changed"
  | "service-renamed"
  | "access-gained"
  | "access-lost"
  | "quota-changed"
  | "owner-changed"
  | "domain-changed"
  | "setting-changed"
  | "exception-added"
  | "exception-changed"
  | "exception-removed"
  | "capacity-exceeded"
  | "capacity-unknown"
  | "budget-exceeded";

/** A service that a change affects, and the team that runs it. */
export interface Affected {
  readonly service: string;
  readonly team: string;
  readonly role: "producer" | "consumer";
}

/** One judged change. */
export interface Change {
  readonly kind: ChangeKind;
  /** The stack that the change is for. Absent if it is the stack of the comparison. */
  readonly stack?: string;
  /**
   * Name of the changed object: `order-events`, `order-events/order.created`, `payment-service`,
   * `local/topics.retention`.
   */
  readonly object: string;
  readonly field?: string;
  /** Value as users write it in the files. Absent if there was none. */
  readonly before?: string | number;
  readonly after?: string | number;
  readonly hazard: Hazard;
  /** Consequences, as text. */
  readonly effects: readonly string[];
  /** Teams whose approval is needed, sorted; empty for a safe change. */
  readonly reviewers: readonly string[];
  /** What to do instead, or how to apply the change without harm. */
  readonly advice?: readonly string[];
  /** Services that the change affects, sorted by name. */
  readonly affected?: readonly Affected[];
  /** Location of the declaration in the head. For a removed object, the location of its former parent. */
  readonly source?: SourceLocation;
}

/** The comparison of two states of the platform. */
export interface PlatformDiff {
  /** The worst hazard of all changes; `refused` if a rule is broken; `safe` if there are no changes. */
  readonly verdict: Hazard;
  /** Worst first, then by object, field and kind. */
  readonly changes: readonly Change[];
  /** Number of created, changed and deleted resources of the plan. */
  readonly counts: DeltaCounts;
  readonly capacity: CapacityComparison;
  /** Digest of the plan, of the state that it was compared with, and of whether it was refused. */
  readonly digest: string;
}
