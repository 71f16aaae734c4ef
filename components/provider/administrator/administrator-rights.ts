/** Checks and changes whether a PostgreSQL administrator may act as the roles that it creates. */

import { type DatabaseConnection, openDatabase, tryDatabase } from "@event-platform-kit/service/migration/connection";
import type pg from "pg";
import { reasonOf } from "../../machine/coded-error.ts";
import { providerError } from "../errors.ts";

/**
 * First PostgreSQL version in which the creator of a role is its member with the right to grant it, and without the
 * right to act as it.
 */
const MEMBERS_APART = 160_000;

/** Timeout of a connection as the administrator. */
const CONNECT_SECONDS = 20;

/** First id of roles that users create. Roles with smaller ids are built in. */
const FIRST_OWN_ROLE = 16_384;

/**
 * Lets the administrator act as the roles that it created before, and as those that it creates from its next connection
 * on. It does nothing if the administrator already may.
 * @throws `database-unreachable`, `administrator-refused`
 */
export async function letActAsItsRoles(connection: DatabaseConnection): Promise<void> {
  const client = await openDatabase(connection, CONNECT_SECONDS);
  try {
    const rights = await rightsOf(client);
    if (!rights.newRoles) await client.query("ALTER ROLE CURRENT_USER SET createrole_self_grant = 'set, inherit'");
    for (const role of rights.closedRoles)
      await client.query(`GRANT ${client.escapeIdentifier(role)} TO CURRENT_USER WITH SET TRUE, INHERIT TRUE`);
  } catch (error) {
    const { host, port, user } = connection;
    throw providerError("administrator-refused", { host, port, user, reason: reasonOf(error) }, error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * Returns whether the administrator may act as the roles that it creates and created; undefined if the server does not
 * answer within the timeout.
 */
export async function mayActAsItsRoles(connection: DatabaseConnection, timeoutMs = 2000): Promise<boolean | undefined> {
  let client: pg.Client | undefined;
  try {
    client = await tryDatabase(connection, timeoutMs);
    await client.query(`SET statement_timeout = ${timeoutMs}`);
    const { newRoles, closedRoles } = await rightsOf(client);
    return newRoles && closedRoles.length === 0;
  } catch {
    return undefined;
  } finally {
    await client?.end().catch(() => undefined);
  }
}

interface Rights {
  /** Whether the administrator may act as a role that it creates from the next connection on. */
  readonly newRoles: boolean;
  /** Roles that it may grant but not act as. */
  readonly closedRoles: readonly string[];
}

async function rightsOf(client: pg.Client): Promise<Rights> {
  const { rows: about } = await client.query<{ version: number; superuser: boolean; grants: string | null }>(
    `SELECT current_setting('server_version_num')::int AS version, rolsuper AS superuser,
            current_setting('createrole_self_grant', true) AS grants
       FROM pg_roles WHERE rolname = current_user`,
  );
  const [{ version, superuser, grants } = { version: 0, superuser: false, grants: null }] = about;
  if (version < MEMBERS_APART || superuser) return { newRoles: true, closedRoles: [] };
  const { rows: closed } = await client.query<{ role: string }>(
    `SELECT pg_get_userbyid(roleid) AS role
       FROM pg_auth_members
      WHERE member = (SELECT oid FROM pg_roles WHERE rolname = current_user) AND roleid >= $1
      GROUP BY roleid
     HAVING bool_or(admin_option) AND NOT (bool_or(set_option) AND bool_or(inherit_option))
      ORDER BY 1`,
    [FIRST_OWN_ROLE],
  );
  const given = new Set((grants ?? "").split(",").map((word) => word.trim()));
  return { newRoles: given.has("set") && given.has("inherit"), closedRoles: closed.map(({ role }) => role) };
}
