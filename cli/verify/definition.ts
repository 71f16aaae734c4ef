/** What a project adds to `kit verify`: what it reads beside the library's tables and the topics, and the invariants over it. */
import type { Client } from "pg";
import type { ContentOf } from "./event-content.ts";
import type { JudgeContext } from "./invariants/context.ts";
import type { Snapshot } from "./table-snapshot.ts";
import type { Judgement } from "./verdict.ts";

/** A rule that must hold on the platform at rest. */
export interface InvariantDefinition<Tables extends object = object, Content = unknown> {
  /** Its number in the answer, for good: from 1, and none of {@link KIT_INVARIANTS}. */
  readonly id: number;
  /** One line for people. */
  readonly name: string;
  /** Judges evidence; pure. */
  judge(context: JudgeContext<Tables, Content>): Judgement;
}

/** Numbers of the invariants that hold for every project: outboxes, inboxes, dead-letter records, order per key, lag, faults, what is left open, stored content. */
export const KIT_INVARIANTS = [6, 7, 8, 9, 10, 11, 14, 15] as const;

/**
 * A project's part of `kit verify`.
 * @typeParam Tables - What is read of the services' own tables, by part.
 * @typeParam Content - What is taken from an event's payload.
 */
export interface VerificationDefinition<Tables extends object = object, Content = unknown> {
  /** Reads what is in one service's database; parts that are not in it are left out. Asked once for each database, in one snapshot. */
  readTables(snapshot: Snapshot): Promise<Partial<Tables>>;
  /** Takes from an event's payload what the invariants need; one that throws makes the record unreadable. */
  readonly contentOf: ContentOf<Content>;
  /**
   * What in one service's database will bring events by itself, in words, for example `3 orders pending`; empty: the
   * service is at rest. Asked often: a count each.
   */
  unfinished(client: Client): Promise<readonly string[]>;
  readonly invariants: readonly InvariantDefinition<Tables, Content>[];
}
