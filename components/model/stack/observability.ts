/** How a platform on one machine may watch itself, most first. A file of its own: every command loads it. */
export const observabilityLevels = ["on", "metrics", "off"] as const;

/** As {@link observabilityLevels}. */
export type Observability = (typeof observabilityLevels)[number];
