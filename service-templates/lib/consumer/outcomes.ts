/** What becomes of records: values of the label `outcome`. */
export const OUTCOMES = ["applied", "deduplicated", "skipped", "delayed", "dead-lettered"] as const;

export type Outcome = (typeof OUTCOMES)[number];
