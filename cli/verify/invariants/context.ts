/** Shared by the invariants: the evidence, the witness, and look-ups over both. */
import type { Witness } from "../../witness.ts";
import type {
  Evidence,
  MessagingTables,
  PartitionRange,
  ServiceContract,
  TopicKind,
  TopicRecord,
} from "../evidence.ts";
import { Violations } from "../verdict.ts";

/** Settings of the judgement. */
export interface JudgeOptions {
  /**
   * T: maximum time from an order's acceptance or the last fault's healing to its terminal state, in milliseconds. @default
   * 60000
   */
  readonly terminalMs?: number;
  /** How many examples an invariant names. @default 20 */
  readonly examples?: number;
}

/**
 * Input of every invariant.
 * @typeParam Tables - What the project reads of its services' own tables.
 * @typeParam Content - What it reads of an event's payload.
 */
export interface JudgeContext<Tables extends object = object, Content = unknown> {
  readonly evidence: Evidence<Tables, Content>;
  readonly witness: Witness | undefined;
  readonly terminalMs: number;
  /** Start of the witness's observation; 0 if it is unknown. Earlier dead-letter records do not belong to it. */
  readonly witnessedFrom: number;
  /** `topic/partition/offset` of the records that the witness wrote. */
  readonly injected: ReadonlySet<string>;
  readonly kinds: ReadonlyMap<string, TopicKind>;
  /** Ranges by `topic/partition`. */
  readonly ranges: ReadonlyMap<string, PartitionRange>;
  readonly messaging: ReadonlyMap<string, MessagingTables>;
  /** Contracts of services with a group and a database here. */
  readonly consumers: readonly ServiceContract[];
  /** Names of services in the topology that have no database here. */
  readonly absent: readonly string[];
  /** Dead-letter records with at least one recorded replay. */
  readonly replayed: ReadonlySet<string>;
  newViolations(): Violations;
}

/** Name of a position in a topic. */
export function placeOf(place: {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}): string {
  return `${place.topic}/${place.partition}/${place.offset}`;
}

/** Whether a record was written after the tables were read; then the tables need not contain it. */
export function isLate(context: JudgeContext, record: TopicRecord): boolean {
  const range = context.ranges.get(`${record.topic}/${record.partition}`);
  return range !== undefined && record.offset >= range.settledEnd;
}

const TERMINAL_MS = 60_000;
const EXAMPLES = 20;

export function judgeContext<Tables extends object, Content>(
  evidence: Evidence<Tables, Content>,
  witness: Witness | undefined,
  options: JudgeOptions,
): JudgeContext<Tables, Content> {
  const messaging = new Map(evidence.messaging.map((tables) => [tables.service, tables]));
  const moments = [
    ...(witness?.orders ?? []).map((order) => order.dueAt),
    ...(witness?.faults ?? []).map((fault) => fault.startedAt),
  ];
  return {
    evidence,
    witness,
    terminalMs: options.terminalMs ?? TERMINAL_MS,
    // Not Math.min(...moments): 50,000 arguments overflow the stack.
    witnessedFrom: moments.reduce((earliest, moment) => Math.min(earliest, moment), moments[0] ?? 0),
    injected: new Set(
      (witness?.injected ?? []).map((record) => `${record.topic}/${record.partition}/${record.offset}`),
    ),
    kinds: new Map(evidence.topics.map((topic) => [topic.name, topic.kind])),
    ranges: new Map(
      evidence.topics.flatMap((topic) => topic.partitions.map((range) => [`${topic.name}/${range.partition}`, range])),
    ),
    messaging,
    consumers: evidence.contracts.filter(
      (contract) => contract.group !== undefined && contract.consumes.length > 0 && messaging.has(contract.service),
    ),
    absent: evidence.contracts
      .filter((contract) => !messaging.has(contract.service))
      .map((contract) => contract.service),
    replayed: new Set(
      evidence.messaging.flatMap((tables) =>
        tables.actions.filter(({ action }) => action === "replay").map(({ letterId }) => letterId),
      ),
    ),
    newViolations: () => new Violations(options.examples ?? EXAMPLES),
  };
}
