import type { Domain } from "../types.ts";

/** Where a field of a domain's head stands, by its name in the file (`owner.team`, `services.order-service`); else where the domain does. */
export function domainPlace({ places, source }: Pick<Domain, "places" | "source">, field: string): Domain["source"] {
  return places[field] ?? source;
}
