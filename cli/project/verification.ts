/** API for a project's verification; see {@link VerificationDefinition}. */
export { isPseudonym } from "../erase/pseudonym.ts";
export type { InvariantDefinition, VerificationDefinition } from "../verify/definition.ts";
export type { ContentOf } from "../verify/event-content.ts";
export type { Evidence, PartitionRange, TopicLog, TopicRecord } from "../verify/evidence.ts";
export type { JudgeContext } from "../verify/invariants/context.ts";
export { placeOf } from "../verify/invariants/context.ts";
export { ROWS_KEPT_MS, retainedFrom } from "../verify/invariants/retention.ts";
export type { Snapshot } from "../verify/table-snapshot.ts";
export { ms, number, optional, text } from "../verify/table-snapshot.ts";
export type { Figures, Judgement } from "../verify/verdict.ts";
export { Violations } from "../verify/verdict.ts";
export type { Witness, WitnessedFault, WitnessedOrder } from "../witness.ts";
