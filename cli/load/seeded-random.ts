import { createHash } from "node:crypto";

/** Numbers in [0, 1), the same sequence for the same seed. */
export type Random = () => number;

/**
 * A repeatable random source (xorshift, 128 bits of state from the seed's hash, so that similar seeds give unrelated
 * sequences). For schedules and choices, never for keys or secrets.
 */
export function seededRandom(seed: number | string): Random {
  const digest = createHash("sha256").update(String(seed)).digest();
  let [a, b, c, d] = [
    digest.readUInt32LE(0),
    digest.readUInt32LE(4),
    digest.readUInt32LE(8),
    digest.readUInt32LE(12) | 1,
  ];
  return () => {
    const mixed = a ^ (a << 11);
    [a, b, c] = [b, c, d];
    d = (d ^ (d >>> 19) ^ mixed ^ (mixed >>> 8)) >>> 0;
    return d / 2 ** 32;
  };
}
