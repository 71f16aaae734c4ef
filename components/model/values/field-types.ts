import { isIP } from "node:net";
import * as z from "zod";
import { durationUnits, parseDuration } from "./duration.ts";
import { eventNamePattern, slugPattern, topicNamePattern } from "./names.ts";
import { asBaseUnits, type Quantity, quantityPattern, type UnitFamily } from "./quantity.ts";
import { parseRate, rateUnits } from "./rate.ts";
import { parseSize, sizeUnits } from "./size.ts";

/* Field types of the files that users edit. Each has a description and examples, which editors show on hover. */

/** Returns the type of a text with a unit, which becomes a number in the family's base unit. */
export function quantity(
  family: UnitFamily,
  parse: (text: string) => Quantity,
  description: string,
): z.ZodType<number, string> {
  return z
    .string({
      error: (issue) =>
        issue.input === undefined
          ? undefined
          : `expected a ${family.noun} with a unit, for example ${family.example}; got ${JSON.stringify(issue.input)}${asBaseUnits(issue.input, family)}`,
    })
    .meta({ description, pattern: quantityPattern(family), examples: [family.example] })
    .transform((text, context) => {
      const parsed = parse(text);
      if (parsed.ok) return parsed.value;
      context.issues.push({
        code: "custom",
        message: parsed.message,
        input: text,
        params: { rule: "invalid-unit", fix: parsed.fix },
      });
      return z.NEVER;
    });
}

/** Returns the type of a name that must match a pattern. `wanted` describes the pattern in words. */
export function name(
  pattern: string,
  wanted: string,
  description: string,
  ...examples: readonly string[]
): z.ZodString {
  return z
    .string()
    .regex(new RegExp(pattern, "u"), {
      error: (issue) => `${JSON.stringify(issue.input)} is not allowed as a name: ${wanted}`,
    })
    .meta({ description, ...(examples.length === 0 ? {} : { examples }) });
}

/** Returns the type of an integer within limits. */
export function count(
  minimum: number,
  maximum: number,
  description: string,
  ...examples: readonly number[]
): z.ZodNumber {
  return z
    .int()
    .min(minimum)
    .max(maximum)
    .meta({ description, ...(examples.length === 0 ? {} : { examples }) });
}

/** Retention of a topic: a duration, or `forever`, which is Kafka's -1. */
export const retention = z
  .string({
    error: (issue) =>
      issue.input === undefined
        ? undefined
        : `expected a duration with a unit, for example 7d; got ${JSON.stringify(issue.input)}${issue.input === -1 ? " (to keep records forever write forever)" : asBaseUnits(issue.input, durationUnits)}`,
  })
  .meta({
    description: "How long a record is kept: a duration such as 7d, or forever.",
    pattern: `^forever$|${quantityPattern(durationUnits)}`,
    examples: ["7d"],
  })
  .transform((text, context) => {
    if (text === "forever") return -1;
    const parsed = parseDuration(text);
    if (parsed.ok && parsed.value > 0) return parsed.value;
    const refusal = parsed.ok
      ? {
          message: `${JSON.stringify(text)} would delete every record at once`,
          fix: "write a duration above zero, or forever",
        }
      : parsed;
    context.issues.push({
      code: "custom",
      message: refusal.message,
      input: text,
      params: { rule: "invalid-unit", fix: refusal.fix },
    });
    return z.NEVER;
  });

/**
 * Largest record batch. The limit is what brokers and clients handle well. For larger records, store the body elsewhere
 * and send a claim check.
 */
export const maxMessage = quantity(
  sizeUnits,
  parseSize,
  "Largest record batch. Keep records small: above 1 MB store the body elsewhere and send a reference.",
).refine((bytes) => bytes >= 1_024 && bytes <= 10 * 2 ** 20, { error: "maxMessage must lie between 1KiB and 10MiB" });

export const compression = z
  .enum(["producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"])
  .meta({ description: "Codec in which brokers store the topic.", examples: ["lz4"] });
export const compatibility = z
  .enum(["BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE", "NONE"])
  .meta({
    description: "Which schema changes are allowed: BACKWARD lets new readers read old records.",
    examples: ["BACKWARD", "FULL_TRANSITIVE"],
  });
export const replicationFactor = count(1, 32, "Copies of each partition, on as many brokers.", 3);
export const minInsyncReplicas = count(1, 31, "Copies that must have a record before it is acknowledged.", 2);

/** Returns whether a text is a calendar day: `2027-02-30` is not. */
function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const parsed = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(text);
}

/** Returns the type of a slug: the name of a service, team or domain. */
export const slug = (description: string, ...examples: readonly string[]): z.ZodString =>
  name(
    slugPattern,
    "lower-case letters, digits and single dashes, starting with a letter, at most 50",
    description,
    ...examples,
  );

/** An event type. */
export const eventName = name(
  eventNamePattern,
  "two or more lower-case words joined by dots, for example order.created",
  "Event type, for example order.created.",
  "order.created",
);

/** Returns the type of a topic name, with Kafka's own limits. */
export const topicName = (description: string): z.ZodString =>
  name(topicNamePattern, "letters, digits, '.', '_' and '-', at most 249 characters", description, "order-events");

/** Returns the type of a rate above zero. */
export const rate = (description: string): z.ZodType<number, string> =>
  quantity(rateUnits, parseRate, description).refine((bytes) => bytes > 0, {
    error: "a rate of 0 would stop the service",
  });

/** An address range, IPv4 or IPv6. */
export const addressRange = name(
  "^[0-9a-fA-F.:]+/[0-9]{1,3}$",
  "an address range such as 10.0.0.0/8",
  "Address range, for example 10.0.0.0/8.",
).refine(isRange, {
  error: (issue) =>
    `${JSON.stringify(issue.input)} is no range of addresses: an address, a slash and the number of its leading bits, for example 10.0.0.0/8`,
});

function isRange(text: string): boolean {
  const [address = "", bits = ""] = text.split("/");
  const version = isIP(address);
  return version !== 0 && Number(bits) <= (version === 4 ? 32 : 128);
}

/** Returns the type of a day in ISO 8601 format. YAML 1.2 has no dates, so it stays a text. */
export const day = (description: string): z.ZodString =>
  z
    .string({
      error: (issue) =>
        issue.input === undefined
          ? undefined
          : `a day is wanted, for example 2027-01-31; got ${JSON.stringify(issue.input)}`,
    })
    .refine(isDay, { error: (issue) => `${JSON.stringify(issue.input)} is no day; write it like 2027-01-31` })
    .meta({ description, pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", examples: ["2027-01-31"] });

/** Returns the type of a reason with more than one word. */
export const reason = (description: string): z.ZodString =>
  z
    .string()
    .min(10)
    .max(500)
    .meta({ description, examples: ["Replaced by order-events, which is keyed by order."] });
