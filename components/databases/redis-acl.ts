import { createHash } from "node:crypto";

/** One service's share of the cache. */
export interface RedisUser {
  /** Service and user name. */
  readonly service: string;
  /** Key pattern the service may touch, for example `inventory:*`. */
  readonly keys: string;
}

/** How a password stands in the file: as SHA-256, the form Redis itself would save, or as it is, so that a placeholder can be filled in later. */
export type PasswordForm = "hash" | "plain";

/** Redis' ACL file: a user per service bound to its own keys, no default user. */
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
