import type { Domain } from "../types.ts";

/**
 * Returns the location of a field in a domain's head, by its name in the file (`owner.team`, `services.order-service`);
 * otherwise the location of the domain.
 */
export function domainPlace({ places, source }: Pick<Domain, "places" | "source">, field: string): Domain["source"] {
  return places[field] ?? source;
}
