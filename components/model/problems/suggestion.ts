import { distance } from "fastest-levenshtein";

/**
 * The candidate that was probably meant, or undefined. A slip changes about a third of a word at most (two
 * swapped letters are two steps); beyond that a proposal would mislead.
 */
export function closest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = (word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 3))) + 1;
  for (const candidate of [...candidates].sort()) {
    const steps = distance(word.toLowerCase(), candidate.toLowerCase());
    if (steps < bestDistance) {
      best = candidate;
      bestDistance = steps;
    }
  }
  return best;
}

/** Fix text for a word that is not among the known ones: the closest one, else (when few) all of them. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const known = [...candidates].sort();
  const meant = closest(word, known);
  if (meant !== undefined) return `did you mean ${JSON.stringify(meant)}?`;
  return known.length > 0 && known.length <= 24 ? `known here: ${known.join(", ")}` : undefined;
}
