/**
 * What a service's database needs before its first migration, each statement harmless when repeated. The database's
 * administrator may run them, and so may its owner: from PostgreSQL 15 on, the schema `public` is the owner's too.
 * @param database - Its name, which is its service's login role too.
 */
export function migrationPreamble(database: string): readonly string[] {
  return [
    // Everyone may connect to a new database by default; only its own service should.
    `REVOKE ALL ON DATABASE "${database}" FROM PUBLIC`,
    `GRANT CREATE, USAGE ON SCHEMA public TO "${database}_owner"`,
    `GRANT USAGE ON SCHEMA public TO "${database}"`,
  ];
}

/**
 * Lets in the service, and the administrator who has no right of his own. Only the owner can: for others PostgreSQL warns
 * that nothing was granted. Once the public may not connect, an administrator without it could change and delete nothing
 * in the database any more.
 */
export function connectGrant(database: string, admin: string): string {
  return `GRANT CONNECT ON DATABASE "${database}" TO "${database}", "${admin.replaceAll('"', '""')}"`;
}
