/** What stands for a customer whose personal data was erased, in rows that are kept. */
import { randomUUID } from "node:crypto";

const PATTERN = /^erased-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

/** A new one. It is derived from nothing, so nothing leads back. */
export function newPseudonym(): string {
  return `erased-${randomUUID()}`;
}

/** Whether a customer's id is none any more. */
export function isPseudonym(customer: string): boolean {
  return PATTERN.test(customer);
}
