/**
 * Seconds for which a terminating pod still serves requests. Requests arrive until every node and the load balancer
 * know that the pod terminates.
 */
export const LEAVE_SECONDS = 5;

/** `lifecycle` of a container that serves requests. */
export const leavesLate = { preStop: { sleep: { seconds: LEAVE_SECONDS } } } as const;
