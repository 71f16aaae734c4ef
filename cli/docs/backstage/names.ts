/** Valid Backstage names of entities. Pure. */
import { createHash } from "node:crypto";

/** Backstage's maximum length. */
const LONGEST = 63;
const VALID = /^(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

/** A wanted name and the id that makes it unique: `{id: "topic order-events", name: "order-events"}`. */
export interface WantedName {
  readonly id: string;
  readonly name: string;
}

/**
 * Returns a valid name for each id. A name that is too long, has invalid characters, or is wanted by another id too (Backstage
 * ignores case), ends with eight digits of the id's digest. The result for an id is the same in every run, whatever other ids
 * exist.
 */
export function entityNames(wanted: readonly WantedName[]): ReadonlyMap<string, string> {
  const takers = Map.groupBy(wanted, ({ name }) => name.toLowerCase());
  return new Map(
    wanted.map(({ id, name }) => {
      const alone = takers.get(name.toLowerCase())?.length === 1;
      return [id, alone && name.length <= LONGEST && VALID.test(name) ? name : withDigest(id, name)];
    }),
  );
}

function withDigest(id: string, name: string): string {
  const digest = createHash("sha256").update(id).digest("hex").slice(0, 8);
  const readable = name
    .replaceAll(/[^A-Za-z0-9_.-]/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, LONGEST - digest.length - 1);
  return readable === "" ? `x-${digest}` : `${readable}-${digest}`;
}
