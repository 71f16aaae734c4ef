/** Outcomes of records: values of the label `outcome`. */
export const OUTCOMES = ["applied", "deduplicated", "skipped", "delayed", "dead-lettered"] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** What is retried: a batch, which is then applied record by record, or one record. Values of the label `scope`. */
export const RETRY_SCOPES = ["batch", "record"] as const;

export type RetryScope = (typeof RETRY_SCOPES)[number];
