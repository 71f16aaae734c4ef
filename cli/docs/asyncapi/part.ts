/** The part of a stack that a document describes. Pure. */
import { didYouMean } from "../../../components/model/problems/suggestion.ts";
import type { Model } from "../../../components/model/types.ts";
import { topologyOf } from "../../../components/plan/topology.ts";
import { KitError } from "../../errors.ts";
import type { DocumentPart } from "./document.ts";

/** Names from the command line; at most one is given. */
export interface WantedPart {
  readonly domain: string | undefined;
  readonly topic: string | undefined;
  readonly service: string | undefined;
}

/**
 * The requested part; without a name the whole stack.
 * @throws KitError `KIT_USAGE` for more than one name, and for an undeclared one.
 */
export function partOf(model: Model, wanted: WantedPart): DocumentPart {
  const { topics, services } = topologyOf(model);
  const parts = [
    { of: "domain", name: wanted.domain, known: model.domains.map(({ name }) => name) },
    { of: "topic", name: wanted.topic, known: topics.map(({ name }) => name) },
    { of: "service", name: wanted.service, known: services },
  ] as const;
  const named = parts.flatMap(({ of, name, known }) => (name === undefined ? [] : [{ of, name, known }]));
  const [part, another] = named;
  if (part === undefined) return { of: "stack" };
  if (another !== undefined) throw new KitError("KIT_USAGE", `--${part.of} and --${another.of} exclude each other.`);
  if (!part.known.includes(part.name)) {
    const hint = didYouMean(part.name, part.known);
    throw new KitError(
      "KIT_USAGE",
      `No ${part.of} ${JSON.stringify(part.name)} ${part.of === "service" ? "produces or consumes" : "is declared"}${hint === undefined ? "." : `: ${hint}`}`,
    );
  }
  return { of: part.of, name: part.name };
}
