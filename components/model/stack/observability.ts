/** Levels of local monitoring, most first. They have a file of their own, because every command loads it. */
export const observabilityLevels = ["on", "metrics", "off"] as const;

/** As {@link observabilityLevels}. */
export type Observability = (typeof observabilityLevels)[number];
