/**
 * Who is at fault when a record cannot be applied: the surroundings, the service itself, or the record. Only
 * the record's own fault is a reason to give it up; everything else is waited for. Pure.
 */

import type { ErrorCode } from "../errors.ts";
import { ServiceError } from "../errors.ts";
import type { DatabaseFault } from "../storage/database-faults.ts";
import { databaseFaultOf } from "../storage/database-faults.ts";

/** Why a consumer waits: values of the label `reason`. */
export const PAUSE_REASONS = [
  "database-unavailable",
  "database-contention",
  "database-schema",
  "database-rights",
  "database-credentials",
  "database-read-only",
  "registry-unavailable",
  "claim-store-unavailable",
  "provider-unavailable",
  "contract",
  "repeated-failures",
] as const;

export type PauseReason = (typeof PAUSE_REASONS)[number];

/** A fault that is waited for. */
export interface ConsumerFault {
  /**
   * `circumstances`: something outside is away and comes back by itself. `service`: statements, rights, credentials or contract
   * do not fit; somebody has to act, or a deployment under way has to end.
   */
  readonly blames: "circumstances" | "service";
  readonly reason: PauseReason;
}

const OF_DATABASE: Readonly<Record<DatabaseFault, ConsumerFault | undefined>> = {
  unavailable: { blames: "circumstances", reason: "database-unavailable" },
  contention: { blames: "circumstances", reason: "database-contention" },
  schema: { blames: "service", reason: "database-schema" },
  rights: { blames: "service", reason: "database-rights" },
  credentials: { blames: "service", reason: "database-credentials" },
  "read-only": { blames: "service", reason: "database-read-only" },
  // Waits for locks end as contention, so this statement was slow by itself. It counts against its record; if others are as
  // slow, the breaker pauses.
  timeout: undefined,
  data: undefined,
};

const OF_CODE: Partial<Readonly<Record<ErrorCode, ConsumerFault>>> = {
  SVC_REGISTRY_UNAVAILABLE: { blames: "circumstances", reason: "registry-unavailable" },
  SVC_CLAIM_STORE_UNAVAILABLE: { blames: "circumstances", reason: "claim-store-unavailable" },
  SVC_PROVIDER_UNAVAILABLE: { blames: "circumstances", reason: "provider-unavailable" },
  SVC_BATCH_OVERTAKEN: { blames: "circumstances", reason: "database-contention" },
  // The contract this process was started with does not fit its code.
  SVC_EVENT_UNDECLARED: { blames: "service", reason: "contract" },
  SVC_HANDLER_MISSING: { blames: "service", reason: "contract" },
};

/** The fault that is waited for; undefined: the record itself. */
export function faultOf(error: unknown): ConsumerFault | undefined {
  if (error instanceof ServiceError) return OF_CODE[error.code];
  const fault = databaseFaultOf(error);
  return fault === undefined ? undefined : OF_DATABASE[fault];
}

/** Whether the same record fails forever, so that repeating it is not worth it. */
export function isPermanent(error: unknown): boolean {
  return error instanceof ServiceError && error.permanent;
}

/** Whether a statement took longer than its limit. */
export function isTimeout(error: unknown): boolean {
  return databaseFaultOf(error) === "timeout";
}

const WRONG_BYTES: readonly ErrorCode[] = ["SVC_RECORD_FRAMING", "SVC_RECORD_HEADER", "SVC_RECORD_BODY"];

/** Whether the record's bytes alone prove that nobody can apply it: then it says nothing about the service. */
export function isProvenPoison(error: unknown): boolean {
  return error instanceof ServiceError && WRONG_BYTES.includes(error.code);
}
