/**
 * What the invariants are judged from: plain data out of PostgreSQL tables and topics, nothing else.
 * Collecting it (collect.ts) and judging it (judge.ts) are apart, so that every rule can be tested
 * with data that breaks it. Times are milliseconds since the epoch, amounts minor units.
 */

/** Why a topic exists. */
export type TopicKind = "event" | "dead-letter" | "retry";

/** What was read of one partition. */
export interface PartitionRange {
  readonly partition: number;
  /** First offset the log still has. */
  readonly start: number;
  /** End of the log before the tables were read: records behind it may be newer than the tables. */
  readonly settledEnd: number;
  /** End of the log after the tables were read; the dump goes up to here. */
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

/** Where a dead-letter record or a delayed record came from, by its headers. */
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
  /** Length and CRC-32 of the value; -1 and 0 where there is none. */
  readonly size: number;
  readonly digest: number;
  readonly eventId: string | undefined;
  readonly eventType: string | undefined;
  /** Id of the outbox row it must have come from: the event's id, for a dead-letter record the letter's. */
  readonly rowId: string | undefined;
  /** Present on a replayed dead-letter record. */
  readonly replay: { readonly group: string; readonly letter: string } | undefined;
  /** Present on dead-letter records and delayed records. */
  readonly origin: RecordOrigin | undefined;
  /** Headers that a dead-letter record must have and this one lacks; empty elsewhere. */
  readonly lacks: readonly string[];
  /** When a delayed record may be taken up; absent elsewhere. */
  readonly notBefore: number | undefined;
  /** Of an event that could be read: what the project's invariants are judged by. */
  readonly content?: Content;
  /** Of an event that could not: why. */
  readonly unreadable?: string;
  /** Where content lies that is not in the record, as its headers say, good or not. */
  readonly claim?: { readonly key: string; readonly size: number; readonly sha256: string } | undefined;
}

/** A row of outbox or outbox_published. */
export interface OutboxRow {
  /** Decimal; grows in the order of commits per key. */
  readonly position: number;
  readonly eventId: string;
  readonly topic: string;
  readonly key: string | null;
  readonly eventType: string;
  /** When it was published; for a row of outbox, when it was written. */
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
  /** Transaction that wrote it: rows of one batch share it. */
  readonly transaction: string;
}

/** A row of dead_letters. */
export interface DeadLetterRow extends RecordOrigin {
  readonly letterId: string;
  readonly eventId: string | undefined;
  readonly eventType: string;
  readonly errorCode: string;
  readonly failedAt: number;
  /** Letter whose replay failed with this one. */
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
  /** Ids of parked events that somebody discarded. */
  readonly discardedEvents: readonly string[];
}

/** What a service publishes and consumes, as the plan derives it. */
export interface ServiceContract {
  readonly service: string;
  /** Equals the service's name; absent where it consumes nothing. */
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
  /** Hexadecimal; absent where no record refers to it. */
  readonly sha256?: string;
}

/** What the store of claim checks holds, read after the topics. */
export interface StoredContent {
  readonly objects: readonly StoredObject[];
  /** Keys that events in outboxes refer to. */
  readonly waiting: readonly string[];
}

/** Where a group stands in one partition, read before the tables. */
export interface GroupPosition {
  readonly topic: string;
  readonly partition: number;
  /** Next offset it will read; absent where it never committed. */
  readonly committed: number | undefined;
}

/** A consumer group of a service that has a database here. */
export interface GroupState {
  readonly group: string;
  readonly members: number;
  readonly positions: readonly GroupPosition[];
}

/** How waiting for rest ended. */
export interface Settlement {
  readonly settled: boolean;
  readonly waitedMs: number;
  /** What was not at rest, in words; empty when settled. */
  readonly open: readonly string[];
}

/**
 * Everything that was found. Parts of services that are not deployed are absent.
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
  /** Absent where nothing is stored outside Kafka. */
  readonly stored?: StoredContent;
  /** Absent when nobody waited. */
  readonly settlement?: Settlement;
}
