/** A measurement. */
export type Reading = number | string;

/** Shown instead of a measurement that got no answer. */
export const NO_ANSWER = "no answer";
