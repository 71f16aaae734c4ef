/** Claim checks of one service: store, library, metrics and clean-up, according to its contract and configuration. */

import type { Clock } from "../clock.ts";
import type { ServiceConfig } from "../config.ts";
import type { Contract } from "../contract.ts";
import { ServiceError } from "../errors.ts";
import type { Codec } from "../events/codec.ts";
import type { Queryable } from "../storage/database.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { ClaimChecks } from "./claim-check.ts";
import { claimChecks } from "./claim-check.ts";
import { startClaimCleanup } from "./cleanup.ts";
import { claimCheckMetrics } from "./metrics.ts";
import { openClaimCheckStore } from "./open-store.ts";

export interface ClaimCheckPartsOptions {
  readonly config: ServiceConfig;
  readonly contract: Contract;
  readonly codec: Pick<Codec, "published" | "body">;
  readonly database: Queryable;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly clock: Clock;
}

export interface ClaimCheckParts {
  readonly claimChecks: ClaimChecks;
  /** Starts the clean-up of unreferenced content. */
  start(): void;
  stop(): Promise<void>;
}

/**
 * Creates the parts. Throws SVC_CONFIG_INVALID if the contract declares content to store or fetch, but the
 * configuration names no store.
 */
export function claimChecksOf({
  config,
  contract,
  codec,
  database,
  metrics,
  log,
  clock,
}: ClaimCheckPartsOptions): ClaimCheckParts {
  if (contract.claimChecks === undefined) {
    return {
      claimChecks: claimChecks({ contract, codec, store: undefined, clock, onRequest: () => undefined }),
      start: () => undefined,
      stop: async () => undefined,
    };
  }
  if (config.claimChecks === undefined) {
    throw new ServiceError(
      "SVC_CONFIG_INVALID",
      `${contract.service} stores or fetches content outside Kafka: neither CLAIM_CHECK_FOLDER nor CLAIM_CHECK_S3_ENDPOINT is set`,
    );
  }
  const store = openClaimCheckStore(config.claimChecks);
  const counted = claimCheckMetrics(metrics.registry);
  let stopCleanup: (() => Promise<void>) | undefined;
  return {
    claimChecks: claimChecks({
      contract,
      codec,
      store,
      clock,
      onRequest(operation, outcome, seconds) {
        counted.requests.inc({ operation, outcome });
        counted.seconds.observe({ operation }, seconds);
      },
    }),
    start() {
      if (contract.claimChecks?.stores.length === 0) return;
      stopCleanup ??= startClaimCleanup({
        contract,
        store,
        database,
        onRemoved: (count) => counted.removed.inc(count),
        onError: (error) => log.warn({ err: error }, "removing stored content failed; it is repeated"),
      });
    },
    async stop() {
      await stopCleanup?.();
      store.close();
    },
  };
}
