import type { TopicDeclaration } from "../types.ts";

/** Returns the number of partitions of a declared topic in an environment. */
export function partitionsIn(
  { partitions, partitionsAsIs }: Pick<TopicDeclaration, "partitions" | "partitionsAsIs">,
  factor: number,
): number {
  return partitionsAsIs === true ? partitions : scalePartitions(partitions, factor);
}

/**
 * Returns the number of partitions in an environment: the declared number times the stack's factor, rounded up, at
 * least 1.
 */
export function scalePartitions(declared: number, factor: number): number {
  // Twelve digits hide the rounding error of binary fractions: 30 × 0.1 is 3, and must not become 4.
  return Math.max(1, Math.ceil(Number((declared * factor).toPrecision(12))));
}
