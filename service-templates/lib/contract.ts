/**
 * The service's part of the topology, read from `KAFKA_CONTRACT_FILE`. Only `topics/` declares the names of topics,
 * groups and subjects; the platform derives this file from them.
 */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { messageOf, ServiceError } from "./errors.ts";

const bytes = z.number().int().nonnegative();
const names = z.array(z.string()).readonly();
const published = z
  .object({
    event: z.string(),
    topic: z.string(),
    /** Field of the event whose value is the record's key; absent if `topics/` declares none. */
    key: z.string().exactOptional(),
    subject: z.string(),
    record: z.string(),
    schema: z.string(),
    references: names.exactOptional(),
    claimCheck: z.object({ above: bytes, atMost: bytes, field: z.string().exactOptional() }).readonly().exactOptional(),
  })
  .readonly();
const claimChecks = z
  .object({
    stores: z
      .array(z.object({ topic: z.string(), keepMs: z.number().int().nonnegative().exactOptional() }).readonly())
      .readonly(),
    fetches: z
      .array(z.object({ topic: z.string(), producers: z.array(z.string()).readonly(), atMost: bytes }).readonly())
      .readonly(),
  })
  .readonly();

const consumed = z
  .object({
    topic: z.string(),
    /** As in `published`. */
    key: z.string().exactOptional(),
    events: z
      .array(
        z
          .object({ event: z.string(), record: z.string(), schema: z.string(), references: names.exactOptional() })
          .readonly(),
      )
      .readonly(),
  })
  .readonly();

const contract = z
  .object({
    service: z.string().min(1),
    group: z.string().optional(),
    instances: z.number().int().nonnegative(),
    consumes: z.array(consumed).readonly(),
    deadLetterTopic: z.string().optional(),
    retryTopics: z.array(z.object({ topic: z.string(), delayMs: z.number().int().positive() }).readonly()).readonly(),
    publishes: z.array(published).readonly(),
    /** Shared types of the schemas, each after the types that it refers to; the subject of each has the type's name. */
    types: z
      .array(z.object({ name: z.string(), schema: z.string(), references: names }).readonly())
      .readonly()
      .exactOptional(),
    claimChecks: claimChecks.exactOptional(),
  })
  .readonly();

/** The service's part of the plan. */
export type Contract = z.infer<typeof contract>;
/** An event this service publishes: its topic, subject and schema file (below SCHEMAS_DIR). */
export type PublishedEvent = z.infer<typeof published>;

/** Parses and checks the text of a contract file; throws SVC_CONTRACT_INVALID with the location. */
export function parseContract(text: string, file: string): Contract {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ServiceError("SVC_CONTRACT_INVALID", `${file} is not JSON: ${messageOf(error)}`, { cause: error });
  }
  const result = contract.safeParse(value);
  if (!result.success) throw new ServiceError("SVC_CONTRACT_INVALID", `${file}: ${z.prettifyError(result.error)}`);
  if (
    result.data.consumes.length > 0 &&
    (result.data.group === undefined || result.data.deadLetterTopic === undefined)
  ) {
    throw new ServiceError(
      "SVC_CONTRACT_INVALID",
      `${file}: a service that consumes needs "group" and "deadLetterTopic"`,
    );
  }
  return result.data;
}

/** Reads and checks the contract file. */
export function readContract(file: string): Contract {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new ServiceError("SVC_CONTRACT_INVALID", `cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
  return parseContract(text, file);
}
