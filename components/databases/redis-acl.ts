import { createHash } from "node:crypto";

/** A user of the cache: one service and its keys. */
export interface RedisUser {
  /** Name of the service and of the user. */
  readonly service: string;
  /** Key pattern that the service may use, for example `inventory:*`. */
  readonly keys: string;
}

/**
 * Format of a password in the file: as SHA-256, which Redis itself would save, or plain, for a placeholder that is
 * filled in later.
 */
export type PasswordForm = "hash" | "plain";

/** Returns Redis' ACL file: one user per service, limited to its own keys, and no default user. */
export function redisAccessFile(
  users: readonly (RedisUser & { readonly password: string })[],
  form: PasswordForm,
): string {
  const lines = users.map((user) => {
    const password =
      form === "plain" ? `>${user.password}` : `#${createHash("sha256").update(user.password).digest("hex")}`;
    return `user ${user.service} on ${password} ~${user.keys} resetchannels -@all +@read +@write +@connection +@scripting +@transaction -@dangerous`;
  });
  return ["user default off", ...lines, ""].join("\n");
}
