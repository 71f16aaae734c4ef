/** How many connections a PostgreSQL server must take. Pure. */

/** A service as its database sees it. */
export interface DatabaseUser {
  readonly service: string;
  /** Most connections of one instance, all its pools together. */
  readonly connections: number;
  /** Most instances at once, those included that a rollout starts before it ends others. */
  readonly instances: number;
}

/** Sessions that are nobody's service: the program's own, `kit`'s, people's and metrics', and those that PostgreSQL keeps for superusers. */
const RESERVE = 30;
/** A service more or less should not restart the server, which a changed number does. */
const STEP = 50;
const LEAST = 150;

/** Connections that may be open at once: every instance's pools full, every service's migration under way, and a reserve. */
export function connectionsNeeded(users: readonly DatabaseUser[]): number {
  return users.reduce((sum, { connections, instances }) => sum + connections * instances + 1, RESERVE);
}

/** The server's `max_connections`: what is needed, in steps. */
export function maxConnections(users: readonly DatabaseUser[]): number {
  return Math.max(LEAST, Math.ceil(connectionsNeeded(users) / STEP) * STEP);
}
