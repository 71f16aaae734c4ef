/** A measurement. */
export type Reading = number | string;

/** What is shown in place of a measurement that got no answer. */
export const NO_ANSWER = "no answer";
