/** Seconds in which a pod that ends still serves: until every node and the load balancer know it, requests come. */
export const LEAVE_SECONDS = 5;

/** `lifecycle` of a container that serves requests. */
export const leavesLate = { preStop: { sleep: { seconds: LEAVE_SECONDS } } } as const;
