/** Rights of a service's login on the objects that its database's owner creates: read and write rows, nothing else. */
export const LOGIN_RIGHTS = {
  table: ["DELETE", "INSERT", "SELECT", "UPDATE"],
  sequence: ["SELECT", "USAGE"],
} as const;
