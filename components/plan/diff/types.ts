import type { SourceLocation } from "../../model/problems/source-location.ts";
import type { CapacityComparison } from "../capacity.ts";
import type { DeltaCounts } from "./plan-delta.ts";

/**
 * How much a change asks of people. `safe`: nothing is lost and nobody's work changes. `approval`: the named
 * teams should agree first. `irreversible`: going back does not bring back what it takes. `refused`: it must
 * not be applied; the advice says what to do instead.
 */
export type Hazard = "safe" | "approval" | "irreversible" | "refused";

/** What happens to what. The object is a topic, an event type, a service, a team, a domain or a setting, as the kind says. */
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

/** A service that feels a change, and who runs it. */
export interface Affected {
  readonly service: string;
  readonly team: string;
  readonly role: "producer" | "consumer";
}

/** One change, judged. */
export interface Change {
  readonly kind: ChangeKind;
  /** The stack that it holds for, where that is another than the one that was asked for. */
  readonly stack?: string;
  /** Name of what changes: `order-events`, `order-events/order.created`, `payment-service`, `local/topics.retention`. */
  readonly object: string;
  readonly field?: string;
  /** As people write it in the files; absent where there was nothing. */
  readonly before?: string | number;
  readonly after?: string | number;
  readonly hazard: Hazard;
  /** What follows from it, in words. */
  readonly effects: readonly string[];
  /** Teams whose approval it takes, sorted; empty for a safe change. */
  readonly reviewers: readonly string[];
  /** What to do instead, or how to do it without harm. */
  readonly advice?: readonly string[];
  /** Services that feel it, sorted by name. */
  readonly affected?: readonly Affected[];
  /** Where it is declared in the head; of what is gone, what held it there. */
  readonly source?: SourceLocation;
}

/** The comparison of two states of the platform. */
export interface PlatformDiff {
  /** The worst hazard of all changes, `refused` where a rule is broken; `safe` without any. */
  readonly verdict: Hazard;
  /** Worst first, then by object, field and kind. */
  readonly changes: readonly Change[];
  /** Resources of the plan that are created, changed and deleted. */
  readonly counts: DeltaCounts;
  readonly capacity: CapacityComparison;
  /** What the plan is, what it was judged against, and whether it was refused. */
  readonly digest: string;
}
