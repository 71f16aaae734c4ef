/**
 * Ports of the local platform: fixed offsets from one base, so that URLs are the same every day and
 * a second platform moves out of the way by changing one number.
 */

/** Default of `local.portBase`. Below the ephemeral range of Linux (32768) and macOS (49152). */
export const DEFAULT_PORT_BASE = 17_000;

/** Offsets from the base. Every block leaves room to grow without touching its neighbour. */
const OFFSET = {
  postgres: 32,
  redis: 79,
  gateway: 80,
  registry: 81,
  registryManagement: 82,
  kafkaExporter: 83,
  prometheus: 90,
  brokerClient: 100,
  brokerInternal: 200,
  controller: 300,
  serviceHttp: 400,
  serviceManagement: 500,
  brokerMetrics: 600,
  controllerMetrics: 700,
} as const;

/** Highest offset in use plus one; what a port base must leave free above it. */
export const PORT_SPAN = 800;
const BLOCK = 100;

/** Ports by what listens on them. */
export interface LocalPorts {
  readonly postgres: number;
  readonly redis: number;
  readonly gateway: number;
  readonly registry: number;
  /** Health and metrics of the registry. */
  readonly registryManagement: number;
  /** Metrics of the cluster: lag, offsets, sizes. */
  readonly kafkaExporter: number;
  readonly prometheus: number;
  /** SASL_SSL listener for services, by the broker's ordinal (0 for the first broker of the first zone). */
  brokerClient(ordinal: number): number;
  /** Mutual-TLS listener for brokers and the admin, by ordinal. */
  brokerInternal(ordinal: number): number;
  /** Controller listener by ordinal. */
  controller(ordinal: number): number;
  /** Metrics of a broker, by ordinal. */
  brokerMetrics(ordinal: number): number;
  /** Metrics of a controller, by ordinal. */
  controllerMetrics(ordinal: number): number;
  /** Public HTTP API of a service instance, by the instance's ordinal over all services. */
  serviceHttp(ordinal: number): number;
  /** Management API (probes, metrics) of a service instance. */
  serviceManagement(ordinal: number): number;
}

/**
 * Gives the ports for a base.
 * @throws {RangeError} when the base leaves no room below 65536 or an ordinal overflows its block.
 */
export function localPorts(base: number): LocalPorts {
  if (!Number.isInteger(base) || base < 1024 || base + PORT_SPAN > 65_536) {
    throw new RangeError(
      `local.portBase is ${base}; it must be a whole number from 1024 to ${65_536 - PORT_SPAN}, because ${PORT_SPAN} ports from it on are used.`,
    );
  }
  const within =
    (block: number, what: string) =>
    (ordinal: number): number => {
      if (!Number.isInteger(ordinal) || ordinal < 0 || ordinal >= BLOCK) {
        throw new RangeError(`${what} ${ordinal} has no port: one machine holds at most ${BLOCK} of them.`);
      }
      return base + block + ordinal;
    };
  return {
    postgres: base + OFFSET.postgres,
    redis: base + OFFSET.redis,
    gateway: base + OFFSET.gateway,
    registry: base + OFFSET.registry,
    registryManagement: base + OFFSET.registryManagement,
    kafkaExporter: base + OFFSET.kafkaExporter,
    prometheus: base + OFFSET.prometheus,
    brokerClient: within(OFFSET.brokerClient, "Broker"),
    brokerInternal: within(OFFSET.brokerInternal, "Broker"),
    controller: within(OFFSET.controller, "Controller"),
    brokerMetrics: within(OFFSET.brokerMetrics, "Broker"),
    controllerMetrics: within(OFFSET.controllerMetrics, "Controller"),
    serviceHttp: within(OFFSET.serviceHttp, "Service instance"),
    serviceManagement: within(OFFSET.serviceManagement, "Service instance"),
  };
}
