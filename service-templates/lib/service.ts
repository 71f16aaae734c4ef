/**
 * Runs a service process: configuration, database, relay, consumer, HTTP, readiness, drain. The src/service.ts of a
 * service names its parts; this module does everything else.
 */
import type { FastifyInstance } from "fastify";
import type { ClaimChecks } from "./claim-check/claim-check.ts";
import { claimChecksOf } from "./claim-check/parts.ts";
import { inPortions } from "./claim-check/portions.ts";
import type { Clock, Random } from "./clock.ts";
import { systemClock, systemRandom } from "./clock.ts";
import { clockRoutes, skewableClock } from "./clock-skew.ts";
import type { ConfigNeeds, DatabaseConfig, Environment, KafkaConfig, ServiceConfig } from "./config.ts";
import { readConfig } from "./config.ts";
import { batchProcessor } from "./consumer/batch.ts";
import type { EventConsumer } from "./consumer/consumer.ts";
import { eventConsumer } from "./consumer/consumer.ts";
import type { ConsumerPauses } from "./consumer/consumer-pauses.ts";
import { consumerPauses } from "./consumer/consumer-pauses.ts";
import { countDeadLetters } from "./consumer/dead-letter.ts";
import type { Handlers } from "./consumer/handler.ts";
import { retryTopics } from "./consumer/retry-topics.ts";
import { timeLag } from "./consumer/time-lag.ts";
import { readContract } from "./contract.ts";
import type { Codec } from "./events/codec.ts";
import { avroCodec } from "./events/codec.ts";
import type { AnyEvents, EventMap, PublishedType, Received } from "./events/event-map.ts";
import { schemaRegistry } from "./events/registry.ts";
import { faultInjection, faultRoutes, NO_FAULTS } from "./fault-points.ts";
import { createHttp, lastRequests } from "./http/http.ts";
import { createManagement, type ReadinessCheck } from "./http/management.ts";
import { caughtUp } from "./kafka/catch-up.ts";
import { openPublisher } from "./kafka/publisher.ts";
import { subscribe } from "./kafka/subscription.ts";
import type { Outbox } from "./outbox/outbox.ts";
import { transactionalOutbox } from "./outbox/outbox.ts";
import { restoredHeaders } from "./outbox/outbox-headers.ts";
import { outboxRelay } from "./outbox/relay.ts";
import type { Retention } from "./storage/cleanup.ts";
import { MESSAGING_RETENTION, startCleanup } from "./storage/cleanup.ts";
import type { Database, Transaction } from "./storage/database.ts";
import { openDatabase } from "./storage/database.ts";
import { batchObserver } from "./telemetry/consumer-observer.ts";
import type { EventMetrics } from "./telemetry/event-metrics.ts";
import { eventMetrics, notePause, noteSend } from "./telemetry/event-metrics.ts";
import type { Logger } from "./telemetry/logger.ts";
import { createLogger } from "./telemetry/logger.ts";
import type { Metrics } from "./telemetry/metrics.ts";
import { createMetrics } from "./telemetry/metrics.ts";
import { recordLog } from "./telemetry/record-fields.ts";
import type { Tracer } from "./tracing/tracer.ts";
import { UNTRACED } from "./tracing/tracer.ts";

/** The objects that every service can use. */
export interface Base {
  readonly config: ServiceConfig;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly random: Random;
  /** Creates spans; exports them if the environment names a receiver. */
  readonly tracer: Tracer;
}

/** The objects that a service with a database and Kafka can use. */
export interface Context<E extends EventMap = AnyEvents> extends Base {
  readonly metrics: EventMetrics;
  readonly database: Database;
  readonly outbox: Outbox<E>;
  readonly codec: Codec<E>;
  /** Stores and reads content that is kept outside Kafka. */
  readonly claimChecks: ClaimChecks;
}

/**
 * Waits until the service's group, with all its instances, has read every record that existed at the time of the call.
 * Resolves to `stopped` when the signal is aborted.
 */
export type CatchUp = (signal: AbortSignal) => ReturnType<typeof caughtUp>;

/** A service that consumes nothing is never behind. */
const NOTHING_TO_READ: CatchUp = async () => "caught up";

/** The parts that any service adds. */
export interface HttpParts {
  /** Addresses and ranges from which the public port trusts X-Forwarded-For. @default none */
  readonly trustedProxies?: readonly string[];
  /** Routes of the public port. */
  readonly routes?: (app: FastifyInstance) => void | Promise<void>;
  /** Further routes of the management port. */
  readonly managementRoutes?: (app: FastifyInstance) => void | Promise<void>;
  readonly checks?: Readonly<Record<string, ReadinessCheck>>;
  readonly beforeScrape?: () => Promise<void>;
  /** Rows of the service's own tables that are deleted after a time. */
  readonly retention?: readonly Retention[];
  /** Work beside the consumer, for example a sweep. Returns the function that stops it. */
  readonly background?: (consuming: { readonly caughtUp: CatchUp }) => () => Promise<void>;
  readonly close?: () => Promise<void>;
}

/** The parts that are added by a service that takes part in the event flow. */
export interface ServiceParts<E extends EventMap = AnyEvents> extends HttpParts {
  /** Handlers by event type. They must cover every event that the contract says the service consumes. */
  readonly handlers: Handlers<E>;
  readonly lock?: (events: readonly Received<E>[], tx: Transaction) => Promise<void>;
  /** Writes what handlers collected during a batch; see `BatchOptions.finish`. */
  readonly finish?: (events: readonly Received<E>[], tx: Transaction) => Promise<void>;
  /**
   * Milliseconds between polls, for consumers that are not time-critical; brokers then collect records for up to 500
   * ms. @default 0
   */
  readonly gatherMs?: number;
  /** Types of published events that are not time-critical: the relay collects them for up to 500 ms. @default none */
  readonly unhurried?: readonly PublishedType<E>[];
}

export interface RunningService {
  readonly httpPort: number | undefined;
  readonly managementPort: number;
  /** Drains the service: not ready, stop polling, finish, flush the outbox, leave the group, close. */
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly env?: Environment;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** Time that the drain gives the relay to publish the remaining rows, in milliseconds. */
const FLUSH_LIMIT_MS = 3_000;
/** Time in which clients close their connections, in milliseconds. A connection that is not used within it is not needed. */
const LAST_REQUESTS_MS = 1_000;

/**
 * Starts a service that has a database and takes part in the event flow.
 * @typeParam E - The service's `EventMap`, from its events.generated.ts.
 */
export async function startEventService<E extends EventMap = AnyEvents>(
  needs: ConfigNeeds,
  parts: (context: Context<E>) => ServiceParts<E> | Promise<ServiceParts<E>>,
  options: StartOptions = {},
): Promise<RunningService> {
  const base = await createBase({ ...needs, kafka: true, database: true }, options);
  const { config, log, random, tracer } = base;
  const skewed = config.faultInjection ? skewableClock(base.clock) : undefined;
  const clock = skewed?.clock ?? base.clock;
  const databaseConfig = config.database as DatabaseConfig;
  const kafkaConfig = config.kafka as KafkaConfig;
  const contract = readContract(kafkaConfig.contractFile);
  const metrics = eventMetrics(base.metrics, contract);
  const records = recordLog(contract);
  // The name of a pod already begins with the name of the service.
  const clientId = config.instance.startsWith(`${config.service}-`)
    ? config.instance
    : `${config.service}-${config.instance}`;

  const codec = avroCodec<E>(contract, kafkaConfig.schemasDir, schemaRegistry({ url: kafkaConfig.registryUrl }));
  const database = openDatabase(databaseConfig, {
    applicationName: clientId,
    onError: (error) => log.warn({ err: error }, "database connection"),
    tracer,
  });
  const publisher = openPublisher({
    config: kafkaConfig,
    clientId,
    onSend: (report) => noteSend(metrics, report),
  });
  const faults = config.faultInjection ? faultInjection() : undefined;
  const passPoint = faults?.pass ?? NO_FAULTS;
  const relay = outboxRelay({
    database,
    publisher,
    codec,
    clock,
    passPoint,
    tracer,
    onPublished(count, seconds) {
      metrics.outboxPublished.inc(count);
      metrics.relaySeconds.observe(seconds);
    },
    onError(error) {
      metrics.relayFailures.inc();
      log.warn({ err: error }, "relaying the outbox failed; it is repeated");
    },
    onParked: ({ row, code, message }) =>
      log.error(
        {
          eventId: row.event_id,
          event: row.event_type,
          topic: row.topic,
          ...records.ofOutgoing({ topic: row.topic, key: row.key, headers: restoredHeaders(row.headers) }),
          code,
          reason: message,
        },
        "event cannot be published and is parked; see `kit outbox`",
      ),
  });
  // The service's parts are created with the outbox, and only they say which events are not time-critical. Until then
  // every event is urgent.
  let unhurried: ReadonlySet<string> = new Set();
  const outbox = transactionalOutbox<E>({
    codec,
    wake: relay.wake,
    hurried: (event) => !unhurried.has(event),
    clock,
    tracer,
  });
  const claims = claimChecksOf({ ...base, clock, contract, codec, database });
  const service = await parts({ ...base, metrics, clock, database, outbox, codec, claimChecks: claims.claimChecks });
  unhurried = new Set(service.unhurried);
  // Without this check, an undeclared type would stay urgent unnoticed.
  for (const event of unhurried) codec.published(event);

  const pauses = consumerPauses({
    clock,
    onChange(reason, pause) {
      notePause(metrics, reason, pause !== undefined);
      if (pause === undefined) log.info({ reason }, "consumption goes on");
      else log.error({ reason, detail: pause.detail }, "consumption waits; no record is given up");
    },
  });
  const delayed = retryTopics(contract).topics;
  const lag = timeLag(
    [...contract.consumes, ...delayed].map(({ topic }) => topic),
    clock,
  );
  const consumer =
    contract.consumes.length === 0
      ? undefined
      : eventConsumer({
          subscribe: () =>
            subscribe({
              config: kafkaConfig,
              clientId,
              group: contract.group ?? contract.service,
              topics: contract.consumes.map(({ topic }) => topic),
              apart: delayed.map(({ topic }) => topic),
              onRebalance: () => metrics.rebalances.inc(),
              ...(service.gatherMs === undefined ? {} : { gatherMs: service.gatherMs }),
            }),
          process: inPortions(
            batchProcessor({
              contract,
              codec,
              database,
              outbox,
              claimChecks: claims.claimChecks,
              clock,
              random,
              passPoint,
              tracer,
              pauses,
              handlers: service.handlers,
              ...(service.lock === undefined ? {} : { lock: service.lock }),
              ...(service.finish === undefined ? {} : { finish: service.finish }),
              ...batchObserver<E>({ contract, metrics, log, records }),
            }),
          ),
          clock,
          delays: delayed.map(({ delayMs }) => delayMs),
          onTaken: (taken) => lag.taken(taken),
          ...(service.gatherMs === undefined ? {} : { gatherMs: service.gatherMs }),
          onError: (error, doing) => log.warn({ err: error }, `${doing} failed; it is repeated`),
        });
  let warmed = contract.publishes.length === 0;
  async function warm(): Promise<void> {
    try {
      await codec.warm();
      warmed = true;
    } catch (error) {
      log.warn({ err: error }, "the registry does not know this service's schemas yet; events wait in the outbox");
    }
  }

  let stopCleanup: (() => Promise<void>) | undefined;
  return startProcess(
    base,
    {
      ...service,
      async managementRoutes(app) {
        if (faults !== undefined) faultRoutes(faults)(app);
        if (skewed !== undefined) clockRoutes(skewed)(app);
        await service.managementRoutes?.(app);
      },
      checks: {
        database: async () => {
          await database.query({ text: "SELECT 1" });
          return undefined;
        },
        ...(consumer === undefined ? {} : { consumer: () => consumerProblem(consumer, pauses) }),
        schemas: async () => {
          if (!warmed) await warm();
          return warmed ? undefined : "the registry does not know this service's schemas";
        },
        ...service.checks,
      },
      async beforeScrape() {
        // This comes first: it matters most while the database does not answer.
        for (const [topic, seconds] of lag.byTopic()) metrics.timeLag.set({ topic }, seconds);
        const [row] = await database.query<{ pending: string; age: string | null; parked: string }>({
          text: `SELECT count(*) AS pending, extract(epoch FROM clock_timestamp() - min(created_at)) AS age, (SELECT count(*) FROM outbox_parked) AS parked
                 FROM outbox`,
        });
        metrics.outboxParked.set(Number(row?.parked ?? 0));
        metrics.outboxPending.set(Number(row?.pending ?? 0));
        metrics.outboxOldestAge.set(Number(row?.age ?? 0));
        const deadLetters = await countDeadLetters(database);
        metrics.deadLettersOpen.set(deadLetters.open);
        metrics.deadLettersResolved.reset();
        metrics.deadLettersResolved.inc(deadLetters.resolved);
        await service.beforeScrape?.();
      },
    },
    {
      ...(consumer === undefined
        ? {}
        : { caughtUp: (signal: AbortSignal) => caughtUp({ standing: () => consumer.standing(), signal }) }),
      async start() {
        relay.start();
        void warm();
        consumer?.start();
        claims.start();
        stopCleanup = startCleanup({
          database,
          retention: [...MESSAGING_RETENTION, ...(service.retention ?? [])],
          onError: (error, table) => log.warn({ err: error, table }, "removing old rows failed; it is repeated"),
        });
      },
      async drain() {
        await stopCleanup?.();
        await consumer?.stop();
        await claims.stop();
        await relay.stop(FLUSH_LIMIT_MS);
        await publisher.close();
      },
      close: () => database.close(),
    },
  );
}

/** Returns what keeps a consumer from its work. Temporary outages count only after they have lasted. */
function consumerProblem(consumer: EventConsumer, pauses: ConsumerPauses): string | undefined {
  const pause = pauses.current();
  const why =
    pause === undefined
      ? ""
      : `: consumption waits (${pause.reason}) since ${new Date(pause.since).toISOString()}: ${pause.detail}`;
  if (!consumer.healthy()) return `not a member of its group, or stuck${why}`;
  return pause?.blames === "service" ? why.slice(2) : undefined;
}

/** Starts a service that only serves HTTP. */
export async function startHttpService(
  needs: ConfigNeeds,
  parts: (base: Base) => HttpParts | Promise<HttpParts>,
  options: StartOptions = {},
): Promise<RunningService> {
  const base = await createBase(needs, options);
  return startProcess(base, await parts(base), {
    start: async () => undefined,
    drain: async () => undefined,
    close: async () => undefined,
  });
}

async function createBase(needs: ConfigNeeds, options: StartOptions): Promise<Base> {
  const config = readConfig(needs, options.env ?? process.env);
  const log = createLogger(config.service, config.instance, config.logLevel);
  return {
    config,
    log,
    tracer: await openTracer(config, (error) => log.warn({ err: error }, "spans could not be exported; they are lost")),
    metrics: createMetrics(config.service, config.instance),
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
  };
}

/** Loads the packages of OpenTelemetry only if spans are exported. */
async function openTracer(
  { tracing, service, instance }: ServiceConfig,
  onError: (error: unknown) => void,
): Promise<Tracer> {
  if (tracing === undefined) return UNTRACED;
  const { otlpTracer } = await import("./tracing/otlp-tracer.ts");
  return otlpTracer({ ...tracing, service, instance, onError });
}

interface Machinery {
  /** Absent if the service consumes nothing. */
  readonly caughtUp?: CatchUp;
  start(): Promise<void>;
  drain(): Promise<void>;
  close(): Promise<void>;
}

async function startProcess(base: Base, parts: HttpParts, machinery: Machinery): Promise<RunningService> {
  const { config, log, metrics, tracer } = base;
  let draining = false;
  const management = createManagement({
    log,
    metrics,
    checks: { draining: () => (draining ? "shutting down" : undefined), ...parts.checks },
    ...(parts.beforeScrape === undefined ? {} : { beforeScrape: parts.beforeScrape }),
  });
  await parts.managementRoutes?.(management);
  const http =
    config.http.port === undefined
      ? undefined
      : createHttp({
          log,
          metrics,
          leaving: () => draining,
          tracer,
          ...(parts.trustedProxies === undefined ? {} : { trustedProxies: parts.trustedProxies }),
        });
  if (http !== undefined) await parts.routes?.(http);

  // The liveness probe answers from the start; work begins once all ports listen.
  await management.listen({ host: config.http.host, port: config.http.managementPort });
  if (http !== undefined && config.http.port !== undefined)
    await http.listen({ host: config.http.host, port: config.http.port });
  await machinery.start();
  const stopBackground = parts.background?.({ caughtUp: machinery.caughtUp ?? NOTHING_TO_READ });
  log.info({ http: portOf(http), management: portOf(management) }, "started");

  let stopped: Promise<void> | undefined;
  async function drain(): Promise<void> {
    draining = true;
    log.info("draining");
    if (http !== undefined) {
      // The server still answers while it asks clients to close their connections: a request that is cut off would fail.
      await lastRequests(http, LAST_REQUESTS_MS);
      await http.close();
    }
    await stopBackground?.();
    await machinery.drain();
    await parts.close?.();
    await machinery.close();
    await tracer.stop();
    await management.close();
    log.info("stopped");
  }
  return {
    httpPort: portOf(http),
    managementPort: portOf(management) ?? config.http.managementPort,
    stop: () => (stopped ??= drain()),
  };
}

function portOf(app: FastifyInstance | undefined): number | undefined {
  const address = app?.server.address();
  return typeof address === "object" && address !== null ? address.port : undefined;
}
