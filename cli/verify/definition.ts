/** What a project adds to `kit verify`: what it reads besides the library's tables and the topics, and its invariants. */
import type { Client } from "pg";
import type { ContentOf } from "./event-content.ts";
import type { JudgeContext } from "./invariants/context.ts";
import type { Snapshot } from "./table-snapshot.ts";
import type { Judgement } from "./verdict.ts";

/** A rule that must hold on the platform at rest. */
export interface InvariantDefinition<Tables extends object = object, Content = unknown> {
  /** Its permanent number in the answer: from 1, and none of {@link KIT_INVARIANTS}. */
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
 * @typeParam Tables - What it reads from the services' own tables, by part.
 * @typeParam Content - What it takes from an event's payload.
 */
export interface VerificationDefinition<Tables extends object = object, Content = unknown> {
  /**
   * Reads the content of one service's database; leaves out parts that are not in it. Called once for each database, in one
   * snapshot.
   */
  readTables(snapshot: Snapshot): Promise<Partial<Tables>>;
  /** Takes from an event's payload what the invariants need; if it throws, the record counts as unreadable. */
  readonly contentOf: ContentOf<Content>;
  /**
   * Work in one service's database that will produce events by itself, in words, for example `3 orders pending`; empty: the
   * service is at rest. Called often, so it should only count.
   */
  unfinished(client: Client): Promise<readonly string[]>;
  readonly invariants: readonly InvariantDefinition<Tables, Content>[];
}
