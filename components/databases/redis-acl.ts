import { createHash } from "node:crypto";

/** One service's share of the cache. */
export interface RedisUser {
  /** Service and user name. */
  readonly service: string;
  /** Key pattern the service may touch, for example `inventory:*`. */
  readonly keys: string;
}

/** Redis' ACL file: a user per service bound to its own keys, no default user. Passwords stand as SHA-256, the form Redis itself would save. */
export function redisAccessFile(users: readonly (RedisUser & { readonly password: string })[]): string {
  const lines = users.map((user) => {
    const hash = createHash("sha256").update(user.password).digest("hex");
    return `user ${user.service} on #${hash} ~${user.keys} resetchannels -@all +@read +@write +@connection +@scripting +@transaction -@dangerous`;
  });
  return ["user default off", ...lines, ""].join("\n");
}
