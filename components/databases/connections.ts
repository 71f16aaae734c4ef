/** Computes how many connections a PostgreSQL server must accept. Pure. */

/** The connections of one service. */
export interface DatabaseUser {
  readonly service: string;
  /** Maximum connections of one instance, over all its pools. */
  readonly connections: number;
  /** Maximum instances at once, including those that a rollout starts before it stops others. */
  readonly instances: number;
}

/**
 * Sessions that belong to no service: those of the program, of `kit`, of people and of metrics, and those that
 * PostgreSQL reserves for superusers.
 */
const RESERVE = 30;
/** Step of the number. An additional service should not change the number, because a changed number restarts the server. */
const STEP = 50;
const LEAST = 150;

/** Returns the maximum of open connections: full pools of every instance, the migration of every service, and a reserve. */
export function connectionsNeeded(users: readonly DatabaseUser[]): number {
  return users.reduce((sum, { connections, instances }) => sum + connections * instances + 1, RESERVE);
}

/** Returns the server's `max_connections`: the needed connections, rounded up to a step. */
export function maxConnections(users: readonly DatabaseUser[]): number {
  return Math.max(LEAST, Math.ceil(connectionsNeeded(users) / STEP) * STEP);
}
