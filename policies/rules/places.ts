import type { SourceLocation } from "../../components/model/problems/source-location.ts";
import { domainPlace } from "../../components/model/topics/domain-place.ts";
import type { Domain } from "../../components/model/types.ts";
import type { TopicFacts } from "../facts.ts";

/**
 * Returns the location of a topic's setting for a breach; empty if the file does not set it, so that the topic's own
 * location applies.
 */
export function placeOf(
  { declaration }: Pick<TopicFacts, "declaration">,
  setting: string,
): { readonly at?: SourceLocation } {
  const at = declaration?.places[setting];
  return at === undefined ? {} : { at };
}

/**
 * Returns the location of a field in a domain's head for a breach; if the file does not set it, the location of the
 * domain.
 */
export function domainPlaceOf(
  domain: Pick<Domain, "places" | "source">,
  field: string,
): { readonly at: SourceLocation } {
  return { at: domainPlace(domain, field) };
}
