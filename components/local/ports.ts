/**
 * Ports of the local platform: fixed offsets from one base. URLs are thus the same every day, and a second platform
 * avoids conflicts by one changed number.
 */

/** Default of `local.portBase`. It is below the ephemeral ranges of Linux (32768) and macOS (49152). */
export const DEFAULT_PORT_BASE = 17_000;

/** Offsets from the base. Each block can grow without reaching the next one. */
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

/** Highest used offset plus one: the number of ports that must be free from the base on. */
export const PORT_SPAN = 800;
const BLOCK = 100;

/** Ports by their use. */
export interface LocalPorts {
  readonly postgres: number;
  readonly redis: number;
  readonly gateway: number;
  readonly registry: number;
  /** Port for health and metrics of the registry. */
  readonly registryManagement: number;
  /** Port for metrics of the cluster: lag, offsets, sizes. */
  readonly kafkaExporter: number;
  readonly prometheus: number;
  /**
   * Returns the port of a broker's SASL_SSL listener for services, by the broker's ordinal (0 for the first broker of
   * the first zone).
   */
  brokerClient(ordinal: number): number;
  /** Returns the port of the mutual-TLS listener for brokers and the admin, by ordinal. */
  brokerInternal(ordinal: number): number;
  /** Returns the port of a controller's listener, by ordinal. */
  controller(ordinal: number): number;
  /** Returns the port for metrics of a broker, by ordinal. */
  brokerMetrics(ordinal: number): number;
  /** Returns the port for metrics of a controller, by ordinal. */
  controllerMetrics(ordinal: number): number;
  /** Returns the port of a service instance's public HTTP API, by the instance's ordinal over all services. */
  serviceHttp(ordinal: number): number;
  /** Returns the port of a service instance's management API (probes, metrics). */
  serviceManagement(ordinal: number): number;
}

/**
 * Returns the ports for a base.
 * @throws {RangeError} if the base leaves too few ports below 65536, or an ordinal overflows its block.
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
