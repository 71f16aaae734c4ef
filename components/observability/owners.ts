/** Who is called for a topic and for a service, by the topics' files. Pure. */
import type { Model } from "../model/types.ts";
import type { PlatformPlan } from "../plan/types.ts";
import type { OwnedLabel } from "./alert.ts";

/** Teams by what they own. */
export interface Owners {
  /** By topic, dead-letter and retry topics included. */
  readonly topics: Readonly<Record<string, string>>;
  /** By service; a service's group and principal have its name. */
  readonly services: Readonly<Record<string, string>>;
}

/**
 * Reads owners from the declaration.
 * @param services - Services that the stack runs; others are nobody's here, since nothing of them is watched.
 */
export function ownersOf(
  { domains }: Pick<Model, "domains">,
  { topics }: Pick<PlatformPlan, "topics">,
  services: readonly string[],
): Owners {
  const running = new Set(services);
  const teams = domains.flatMap((domain) =>
    domain.services.filter((service) => running.has(service)).map((service) => [service, domain.owner.team] as const),
  );
  return {
    topics: Object.fromEntries(topics.map(({ name, owner }) => [name, owner])),
    services: Object.fromEntries(teams.toSorted(([one], [other]) => (one < other ? -1 : 1))),
  };
}

/** Name of the series that says who owns what a label names: its value is 1, its labels are that label and `owner`. */
export function ownerSeries(label: OwnedLabel): string {
  return `${label === "consumergroup" ? "group" : label}:owner:info`;
}

/** Owners by the values of a label. */
export function ownersBy(label: OwnedLabel, owners: Owners): Readonly<Record<string, string>> {
  return label === "topic" ? owners.topics : owners.services;
}
