/** Teams that get the alerts of a topic or a service, from the topics' files. Pure. */
import type { Model } from "../model/types.ts";
import type { PlatformPlan } from "../plan/types.ts";
import type { OwnedLabel } from "./alert.ts";

/** Team that gets the alerts of everything that no product team owns. */
export const PLATFORM_TEAM = "platform";

/** Teams by what they own. */
export interface Owners {
  /** Teams by topic, including dead-letter and retry topics. */
  readonly topics: Readonly<Record<string, string>>;
  /** Teams by service. A service's group and principal have its name. */
  readonly services: Readonly<Record<string, string>>;
}

/** Returns the teams by the services that their domains list. */
export function serviceTeams({ domains }: Pick<Model, "domains">): Readonly<Record<string, string>> {
  return Object.fromEntries(domains.flatMap(({ services, owner }) => services.map((service) => [service, owner.team])));
}

/**
 * Returns the owners in a stack.
 * @param running - Services of the stack. Other services are not monitored.
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

/**
 * Returns the name of the series with the owners of a label's values. Its value is 1. Its labels are that label and
 * `owner`.
 */
export function ownerSeries(label: OwnedLabel): string {
  return `${label === "consumergroup" ? "group" : label}:owner:info`;
}

/** Returns the owners by the values of a label. */
export function ownersBy(label: OwnedLabel, owners: Owners): Readonly<Record<string, string>> {
  return label === "topic" ? owners.topics : owners.services;
}
