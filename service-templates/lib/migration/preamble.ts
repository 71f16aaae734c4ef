/**
 * Returns the statements that a service's database needs before its first migration; each is safe to repeat. The
 * database's administrator or its owner may run them: from PostgreSQL 15 on, the owner also owns the schema `public`.
 * @param database - Name of the database, which is also the name of its service's login role.
 */
export function migrationPreamble(database: string): readonly string[] {
  return [
    // By default everyone may connect to a new database; only its own service should.
    `REVOKE ALL ON DATABASE "${database}" FROM PUBLIC`,
    `GRANT CREATE, USAGE ON SCHEMA public TO "${database}_owner"`,
    `GRANT USAGE ON SCHEMA public TO "${database}"`,
  ];
}

/**
 * Returns the grant that lets the service connect, and the administrator who has no rights of their own. Only the owner
 * can run it: for others PostgreSQL warns that nothing was granted. Without this grant, an administrator could no
 * longer change or delete anything in the database after access was revoked from PUBLIC.
 */
export function connectGrant(database: string, admin: string): string {
  return `GRANT CONNECT ON DATABASE "${database}" TO "${database}", "${admin.replaceAll('"', '""')}"`;
}
