import { distance } from "fastest-levenshtein";

/**
 * Returns the candidate that the user probably meant, or undefined. A typo changes at most about a third of a word (two
 * swapped letters count as two changes). A suggestion for a larger difference would be misleading.
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

/**
 * Returns the fix for an unknown word: the closest known word, otherwise all known words if they are few, otherwise
 * undefined.
 */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const known = [...candidates].sort();
  const meant = closest(word, known);
  if (meant !== undefined) return `did you mean ${JSON.stringify(meant)}?`;
  return known.length > 0 && known.length <= 24 ? `known here: ${known.join(", ")}` : undefined;
}
