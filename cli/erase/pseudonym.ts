/** Pseudonyms for erased customers, in rows that are kept. */
import { randomUUID } from "node:crypto";

const PATTERN = /^erased-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

/** A new pseudonym. It is random, so it does not lead back to the customer. */
export function newPseudonym(): string {
  return `erased-${randomUUID()}`;
}

/** Whether a customer's id is a pseudonym. */
export function isPseudonym(customer: string): boolean {
  return PATTERN.test(customer);
}
