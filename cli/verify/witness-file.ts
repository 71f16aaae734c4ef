/** Reads a witness from its file. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { KitError } from "../errors.ts";
import type { Witness } from "../witness.ts";

const moment = z.number().nonnegative();

const witness = z.object({
  orders: z.array(
    z.object({
      idempotencyKey: z.string().min(1),
      customerId: z.string().min(1),
      outcome: z.enum(["accepted", "refused", "unknown"]),
      status: z.number().int().exactOptional(),
      orderId: z.string().exactOptional(),
      dueAt: moment,
      answeredAt: moment,
    }),
  ),
  injected: z.array(
    z.object({
      topic: z.string().min(1),
      partition: z.number().int().nonnegative(),
      offset: z.string().regex(/^\d+$/u),
      kind: z.string(),
      groups: z.array(z.string()),
    }),
  ),
  faults: z.array(
    z.object({
      name: z.string(),
      startedAt: moment,
      healedAt: moment,
      evidence: z.array(z.object({ what: z.string(), before: z.string(), after: z.string() })),
      felt: z.boolean(),
    }),
  ),
});

/**
 * Reads and validates a witness file.
 * @throws KitError `KIT_WITNESS_INVALID` naming the location.
 */
export async function readWitness(file: string): Promise<Witness> {
  let document: unknown;
  try {
    document = JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw new KitError("KIT_WITNESS_INVALID", `${file}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
  const result = witness.safeParse(document);
  if (!result.success) throw new KitError("KIT_WITNESS_INVALID", `${file}: ${z.prettifyError(result.error)}`);
  return result.data;
}
