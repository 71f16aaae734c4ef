/** `kit:index:Password`. */
import { randomBytes, randomUUID } from "node:crypto";
import { z } from "zod";
import { inputChanges } from "./property-diff.ts";
import type { ResourceKind } from "./resource-kind.ts";
import { failuresOf } from "./validation.ts";

const schema = z.object({
  length: z.int("must be a whole number").min(16, "must be 16 or more").max(256, "must be 256 or less").default(32),
});

/**
 * Returns a password of `length` characters of the base64url alphabet. A character has 6 bits and needs no quoting
 * anywhere.
 */
export function makePassword(length: number, random: (bytes: number) => Buffer = randomBytes): string {
  return random(Math.ceil((length * 3) / 4))
    .toString("base64url")
    .slice(0, length);
}

/** `kit:index:Password`. */
export const passwordKind: ResourceKind = {
  computedOutputs: ["value"],
  secretOutputs: ["value"],
  async check({ news }) {
    return failuresOf(schema, news);
  },
  async diff({ olds, news }) {
    return { changes: inputChanges(schema.parse(olds), { ...news, length: news.length ?? 32 }) };
  },
  async create({ inputs }) {
    return { id: randomUUID(), computed: { value: makePassword(schema.parse(inputs).length) } };
  },
  async read({ state }) {
    return { value: state.value ?? "" };
  },
  async update({ inputs }) {
    return { value: makePassword(schema.parse(inputs).length) };
  },
  async delete() {},
};
