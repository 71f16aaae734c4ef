/** What a service's login may do with the objects that its database's owner makes: read and write rows, nothing else. */
export const LOGIN_RIGHTS = {
  table: ["DELETE", "INSERT", "SELECT", "UPDATE"],
  sequence: ["SELECT", "USAGE"],
} as const;
