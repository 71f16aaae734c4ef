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

/** Teams by the services that their domains list. */
export function serviceTeams({ domains }: Pick<Model, "domains">): Readonly<Record<string, string>> {
  return Object.fromEntries(domains.flatMap(({ services, owner }) => services.map((service) => [service, owner.team])));
}

/**
 * Owners of what a stack runs.
 * @param running - Its services; of others nothing is watched.
 */
export function ownersOf(
  { topics }: Pick<PlatformPlan, "topics">,
  teams: Readonly<Record<string, string>>,
  running: readonly string[],
): Owners {
  return {
    topics: Object.fromEntries(topics.map(({ name, owner }) => [name, owner])),
    services: Object.fromEntries(
      running.toSorted().flatMap((service) => {
        const team = teams[service];
        return team === undefined ? [] : [[service, team]];
      }),
    ),
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
