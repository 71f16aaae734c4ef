import type { SourceLocation } from "../../components/model/problems/source-location.ts";
import { domainPlace } from "../../components/model/topics/domain-place.ts";
import type { Domain } from "../../components/model/types.ts";
import type { TopicFacts } from "../facts.ts";

/** The place of a topic's setting, for a breach: where the file has it, else nothing, so that the topic's own place stands. */
export function placeOf(
  { declaration }: Pick<TopicFacts, "declaration">,
  setting: string,
): { readonly at?: SourceLocation } {
  const at = declaration?.places[setting];
  return at === undefined ? {} : { at };
}

/** The place of a field of a domain's head, for a breach: where the file has it, else the domain's own. */
export function domainPlaceOf(
  domain: Pick<Domain, "places" | "source">,
  field: string,
): { readonly at: SourceLocation } {
  return { at: domainPlace(domain, field) };
}
