/**
 * Classifies the cause when a record cannot be applied: an outage, the service itself, or the record. The consumer
 * gives a record up only if the record is at fault, and waits in all other cases. Pure.
 */

import type { ErrorCode } from "../errors.ts";
import { ServiceError } from "../errors.ts";
import type { DatabaseFault } from "../storage/database-faults.ts";
import { databaseFaultOf } from "../storage/database-faults.ts";

/** Reasons why a consumer pauses: values of the label `reason`. */
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

/** A fault for which the consumer pauses. */
export interface ConsumerFault {
  /**
   * `circumstances`: an external system is unavailable and recovers without intervention. `service`: statements,
   * rights, credentials or contract do not match; an operator must act, or a running deployment must finish.
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
  // Timeouts of locks are reported as contention, so this statement itself was slow. The failure counts against its
  // record; if other records are as slow, the breaker pauses.
  timeout: undefined,
  data: undefined,
};

const OF_CODE: Partial<Readonly<Record<ErrorCode, ConsumerFault>>> = {
  SVC_REGISTRY_UNAVAILABLE: { blames: "circumstances", reason: "registry-unavailable" },
  SVC_CLAIM_STORE_UNAVAILABLE: { blames: "circumstances", reason: "claim-store-unavailable" },
  SVC_PROVIDER_UNAVAILABLE: { blames: "circumstances", reason: "provider-unavailable" },
  SVC_BATCH_OVERTAKEN: { blames: "circumstances", reason: "database-contention" },
  // The contract with which this process was started does not match its code.
  SVC_EVENT_UNDECLARED: { blames: "service", reason: "contract" },
  SVC_HANDLER_MISSING: { blames: "service", reason: "contract" },
};

/** Returns the fault for which the consumer pauses; undefined if the record is at fault. */
export function faultOf(error: unknown): ConsumerFault | undefined {
  if (error instanceof ServiceError) return OF_CODE[error.code];
  const fault = databaseFaultOf(error);
  return fault === undefined ? undefined : OF_DATABASE[fault];
}

/** Returns whether the same record always fails, so that a retry is useless. */
export function isPermanent(error: unknown): boolean {
  return error instanceof ServiceError && error.permanent;
}

/** Returns whether a statement exceeded its timeout. */
export function isTimeout(error: unknown): boolean {
  return databaseFaultOf(error) === "timeout";
}

const WRONG_BYTES: readonly ErrorCode[] = ["SVC_RECORD_FRAMING", "SVC_RECORD_HEADER", "SVC_RECORD_BODY"];

/**
 * Returns whether the record's bytes alone prove that no consumer can apply it. Such a failure says nothing about the
 * service.
 */
export function isProvenPoison(error: unknown): boolean {
  return error instanceof ServiceError && WRONG_BYTES.includes(error.code);
}
