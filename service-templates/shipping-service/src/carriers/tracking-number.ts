/** Tracking numbers in each carrier's format, derived from the booking so that a repetition gets the same number. */
import { createHash } from "node:crypto";
import type { CarrierName } from "./carrier.ts";

const FORMS: Readonly<Record<CarrierName, (digest: bigint) => string>> = {
  fedex: (digest) => (digest % 10n ** 20n).toString().padStart(20, "0"),
  ups: (digest) => `1Z${(digest % 36n ** 16n).toString(36).toUpperCase().padStart(16, "0")}`,
};

export function trackingNumberOf(carrier: CarrierName, reference: string): string {
  const digest = createHash("sha256").update(`${carrier}\u0000${reference}`).digest("hex").slice(0, 32);
  return FORMS[carrier](BigInt(`0x${digest}`));
}
