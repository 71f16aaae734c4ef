/** The possible targets of faults on a running platform. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ProcessStatus } from "../../components/provider/process/index.ts";
import { KitError } from "../errors.ts";
import type { PlatformEndpoints } from "../platform/platform-status.ts";

/** A process of a service. */
export interface ServiceInstance {
  readonly process: string;
  readonly service: string;
}

/** An event type with its consumers. */
export interface ConsumedEvent {
  readonly topic: string;
  readonly event: string;
  /** Consumer groups, sorted. */
  readonly groups: readonly string[];
}

/** Everything that a schedule may choose from, in a stable order. */
export interface Terrain {
  readonly brokers: readonly { readonly name: string; readonly zone: string }[];
  readonly registry: readonly string[];
  readonly database: readonly string[];
  readonly cache: readonly string[];
  /** The service that customers reach; absent if none is exposed. */
  readonly exposed?: string;
  /** Every process of a service. */
  readonly instances: readonly ServiceInstance[];
  /** Services that consume events. */
  readonly consumers: readonly string[];
  /** Services that publish events. */
  readonly publishers: readonly string[];
  /** Events with a consumer. */
  readonly events: readonly ConsumedEvent[];
}

/** The relevant part of a service's contract. */
export interface InstanceContract {
  readonly service: string;
  readonly group?: string;
  readonly publishes: readonly { readonly event: string; readonly topic: string; readonly subject: string }[];
  readonly consumes: readonly { readonly topic: string; readonly events: readonly { readonly event: string }[] }[];
}

/**
 * Assembles the targets; pure.
 * @param exposed - The service that customers reach.
 */
export function surveyTerrain(
  processes: readonly Pick<ProcessStatus, "name" | "role" | "zone">[],
  contracts: readonly InstanceContract[],
  services: readonly string[],
  exposed?: string,
): Terrain {
  const named = (role: string): string[] =>
    processes
      .filter((process) => process.role === role)
      .map(({ name }) => name)
      .toSorted(byNumber);
  const brokers = processes
    .filter(({ role }) => role === "broker")
    .map(({ name, zone }) => ({ name, zone: zone ?? "" }))
    .toSorted((a, b) => byNumber(a.name, b.name));
  const instances = serviceInstances(named("service"), services);
  const groups = new Map<string, { topic: string; event: string; groups: string[] }>();
  for (const contract of contracts) {
    for (const { topic, events } of contract.consumes) {
      for (const { event } of events) {
        const entry = groups.get(`${topic} ${event}`) ?? { topic, event, groups: [] };
        groups.set(`${topic} ${event}`, {
          ...entry,
          groups: [...entry.groups, contract.group ?? contract.service].toSorted(),
        });
      }
    }
  }
  return {
    brokers,
    registry: named("registry"),
    database: named("database"),
    cache: named("cache"),
    ...(exposed === undefined ? {} : { exposed }),
    instances,
    consumers: contracts
      .filter(({ consumes }) => consumes.length > 0)
      .map(({ service }) => service)
      .toSorted(),
    publishers: contracts
      .filter(({ publishes }) => publishes.length > 0)
      .map(({ service }) => service)
      .toSorted(),
    events: [...groups.values()].toSorted((a, b) => (`${a.topic} ${a.event}` < `${b.topic} ${b.event}` ? -1 : 1)),
  };
}

/** The service that answers at the platform's public address; pure. */
export function exposedService({
  gateway,
  services = {},
}: Pick<PlatformEndpoints, "gateway" | "services">): string | undefined {
  return Object.entries(services).find(([, { http }]) => http === gateway)?.[0];
}

/** The processes of a service by name: the service's name for the first, with a number for the others. Pure. */
export function serviceInstances(
  processes: readonly string[],
  services: readonly string[],
): readonly ServiceInstance[] {
  return processes.flatMap((process) => {
    const service = services.find(
      (name) => process === name || (process.startsWith(`${name}-`) && /^\d+$/.test(process.slice(name.length + 1))),
    );
    return service === undefined ? [] : [{ process, service }];
  });
}

/**
 * The contracts with which the running services were started, one per service.
 * @param folder - The substrate's folder.
 * @throws KitError `KIT_STATUS_UNREADABLE`.
 */
export async function readContracts(
  folder: string,
  instances: readonly ServiceInstance[],
): Promise<readonly InstanceContract[]> {
  const firsts = [
    ...new Map(instances.toReversed().map((instance) => [instance.service, instance.process])).values(),
  ].toSorted();
  const read = await Promise.all(
    firsts.map(async (process) => {
      const file = join(folder, "files", process, "kafka-contract.json");
      // A service without events has no contract.
      const text = await readFile(file, "utf8").catch(() => undefined);
      if (text === undefined) return [];
      const document: unknown = JSON.parse(text);
      if (!isContract(document)) throw new KitError("KIT_STATUS_UNREADABLE", `${file} is no contract of a service`);
      return [document];
    }),
  );
  return read.flat();
}

function isContract(value: unknown): value is InstanceContract {
  return (
    typeof value === "object" &&
    value !== null &&
    "service" in value &&
    typeof value.service === "string" &&
    "publishes" in value &&
    Array.isArray(value.publishes) &&
    "consumes" in value &&
    Array.isArray(value.consumes)
  );
}

function byNumber(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
