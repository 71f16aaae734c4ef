import { durationUnits, parseDuration } from "../values/duration.ts";
import { count, name, quantity } from "../values/field-types.ts";
import { slugPattern } from "../values/names.ts";
import { parseSize, sizeUnits } from "../values/size.ts";

/** Field types that the settings of several servers share. */

export const gib = 2 ** 30;

export const label = (description: string) =>
  name(slugPattern, "lower-case letters, digits and single dashes, starting with a letter, at most 50", description);
export const storageClass = name(
  "^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$",
  "the name of a StorageClass",
  "StorageClass; use one with volumeBindingMode WaitForFirstConsumer. Default: the cluster's default class.",
);
export const host = name(
  "^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$",
  "a host name or address",
  "Host name or address.",
);
export const port = (description: string) => count(1, 65_535, description);
export const size = (description: string) => quantity(sizeUnits, parseSize, description);
export const duration = (description: string) => quantity(durationUnits, parseDuration, description);

/** Returns the type of an image with a tag, and optionally a digest. */
export const image = (description: string) =>
  name(
    "^[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)+(:[A-Za-z0-9._-]{1,128})?(@sha256:[0-9a-f]{64})?$",
    "an image such as registry.example.com/team/app:1.2@sha256:…",
    description,
  );

/** Returns the type of a server's CPUs: whole CPUs or thousandths. */
export const cpu = (description: string) =>
  name("^([1-9][0-9]*|[1-9][0-9]*m)$", 'a number of CPUs such as "4" or "500m"', description).meta({
    description,
    examples: ["4", "500m"],
  });

export const memory = (description: string) =>
  size(description).refine((bytes) => bytes >= 256 * 2 ** 20 && bytes % 2 ** 20 === 0, {
    error: "memory must be at least 256MiB and a whole number of MiB",
  });
