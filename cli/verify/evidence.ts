/**
 * The input of the invariants: only plain data from PostgreSQL tables and topics. Collecting it (collect.ts) and judging it
 * (judge.ts) are separate, so that every rule can be tested with data that breaks it. Times are milliseconds since the epoch,
 * amounts minor units.
 */

/** Purpose of a topic. */
export type TopicKind = "event" | "dead-letter" | "retry";

/** The part of one partition that was read. */
export interface PartitionRange {
  readonly partition: number;
  /** First offset that the log still has. */
  readonly start: number;
  /** End of the log before the tables were read: later records may be newer than the tables. */
  readonly settledEnd: number;
  /** End of the log after the tables were read; the dump ends here. */
  readonly end: number;
}

/** One topic of the platform. */
export interface TopicLog {
  readonly name: string;
  readonly kind: TopicKind;
  /** Group that owns it; absent for event topics. */
  readonly group?: string;
  readonly partitions: readonly PartitionRange[];
}

/** Origin of a dead-letter record or a delayed record, from its headers. */
export interface RecordOrigin {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/**
 * One record of a topic, without its bytes. Offsets are numbers: Kafka's stay far below 2^53.
 * @typeParam Content - What the project reads of an event's payload.
 */
export interface TopicRecord<Content = unknown> {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  /** UTF-8. */
  readonly key: string | null;
  /** Length and CRC-32 of the value; -1 and 0 if there is none. */
  readonly size: number;
  readonly digest: number;
  readonly eventId: string | undefined;
  readonly eventType: string | undefined;
  /** Id of its outbox row: the event's id, or the dead-letter record's id. */
  readonly rowId: string | undefined;
  /** Present on a replayed dead-letter record. */
  readonly replay: { readonly group: string; readonly letter: string } | undefined;
  /** Present on dead-letter records and delayed records. */
  readonly origin: RecordOrigin | undefined;
  /** Required headers of a dead-letter record that this one lacks; empty for other records. */
  readonly lacks: readonly string[];
  /** Time from which a delayed record may be consumed; absent for other records. */
  readonly notBefore: number | undefined;
  /** Input of the project's invariants, of an event that could be read. */
  readonly content?: Content;
  /** Reason why an event could not be read. */
  readonly unreadable?: string;
  /** Location of content outside the record, from its headers, valid or not. */
  readonly claim?: { readonly key: string; readonly size: number; readonly sha256: string } | undefined;
}

/** A row of outbox or outbox_published. */
export interface OutboxRow {
  /** Decimal; increases in the order of commits per key. */
  readonly position: number;
  readonly eventId: string;
  readonly topic: string;
  readonly key: string | null;
  readonly eventType: string;
  /** Publication time; for a row of outbox, the time at which it was written. */
  readonly at: number;
}

/** A row of inbox. */
export interface InboxRow {
  readonly eventId: string;
  readonly eventType: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly processedAt: number;
  /** Transaction that wrote it; rows of one batch have the same one. */
  readonly transaction: string;
}

/** A row of dead_letters. */
export interface DeadLetterRow extends RecordOrigin {
  readonly letterId: string;
  readonly eventId: string | undefined;
  readonly eventType: string;
  readonly errorCode: string;
  readonly failedAt: number;
  /** Dead-letter record whose replay failed with this one. */
  readonly replayOf: string | undefined;
}

/** A row of dead_letter_actions. */
export interface DeadLetterAction {
  readonly letterId: string;
  readonly action: "replay" | "discard";
  readonly at: number;
}

/** A row of outbox_parked: an event that cannot be published. */
export interface ParkedRow {
  readonly eventId: string;
  readonly topic: string;
  readonly key: string | null;
  readonly eventType: string;
  readonly errorCode: string;
  readonly parkedAt: number;
}

/** The library's tables in one service's database. */
export interface MessagingTables {
  readonly service: string;
  readonly outbox: readonly OutboxRow[];
  readonly published: readonly OutboxRow[];
  readonly inbox: readonly InboxRow[];
  readonly deadLetters: readonly DeadLetterRow[];
  readonly actions: readonly DeadLetterAction[];
  readonly parked: readonly ParkedRow[];
  /** Ids of parked events that an operator discarded. */
  readonly discardedEvents: readonly string[];
}

/** Events that a service publishes and consumes, as the plan derives them. */
export interface ServiceContract {
  readonly service: string;
  /** Equals the service's name; absent if it consumes nothing. */
  readonly group?: string | undefined;
  readonly consumes: readonly { readonly topic: string; readonly events: readonly { readonly event: string }[] }[];
  readonly deadLetterTopic?: string | undefined;
  readonly retryTopics: readonly { readonly topic: string; readonly delayMs: number }[];
  readonly publishes: readonly { readonly event: string; readonly topic: string }[];
  readonly claimChecks?:
    | { readonly stores: readonly { readonly topic: string; readonly keepMs?: number | undefined }[] }
    | undefined;
}

/** An object in the store of claim checks. */
export interface StoredObject {
  readonly key: string;
  readonly size: number;
  /** Hexadecimal; absent if no record refers to it. */
  readonly sha256?: string;
}

/** Content of the store of claim checks, read after the topics. */
export interface StoredContent {
  readonly objects: readonly StoredObject[];
  /** Keys that events in outboxes refer to. */
  readonly waiting: readonly string[];
}

/** Position of a group in one partition, read before the tables. */
export interface GroupPosition {
  readonly topic: string;
  readonly partition: number;
  /** Next offset that it will read; absent if it never committed. */
  readonly committed: number | undefined;
}

/** A consumer group of a service that has a database here. */
export interface GroupState {
  readonly group: string;
  readonly members: number;
  readonly positions: readonly GroupPosition[];
}

/** Result of waiting for rest. */
export interface Settlement {
  readonly settled: boolean;
  readonly waitedMs: number;
  /** What was not at rest, in words; empty when settled. */
  readonly open: readonly string[];
}

/**
 * All evidence. Parts of services that are not deployed are absent.
 * @typeParam Tables - What the project reads of its services' own tables, part by part.
 * @typeParam Content - What it reads of an event's payload.
 */
export interface Evidence<Tables extends object = object, Content = unknown> {
  /** When collecting began. */
  readonly takenAt: number;
  readonly contracts: readonly ServiceContract[];
  readonly topics: readonly TopicLog[];
  /** Of all topics; per partition in the order of offsets. */
  readonly records: readonly TopicRecord<Content>[];
  readonly messaging: readonly MessagingTables[];
  readonly groups: readonly GroupState[];
  /** Of the services' own tables; the library's are in `messaging`. */
  readonly tables: Partial<Tables>;
  /** Absent if nothing is stored outside Kafka. */
  readonly stored?: StoredContent;
  /** Absent if the command did not wait. */
  readonly settlement?: Settlement;
}
