import type { SourcePatch } from "../making/go.ts";

/**
 * Who creates a role may grant it, but from PostgreSQL 16 on may not act as it: the server notes a membership with the
 * right to grant and without the right to act (`set_option`). The provider, which is older, takes such a member for a full
 * one, does not grant itself the role for the moment, and an administrator who is no superuser cannot make a database for
 * an owner, nor drop a role. With this change it asks for the right to act, as its later releases do. Before 16 there is
 * no such column, and every member may.
 */
export const membershipMayAct: SourcePatch = {
  module: "github.com/terraform-providers/terraform-provider-postgresql",
  replacements: [
    {
      file: "postgresql/helpers.go",
      from: `"SELECT 1 FROM pg_auth_members WHERE pg_get_userbyid(roleid) = $1 AND pg_get_userbyid(member) = $2",`,
      to: `"SELECT 1 FROM pg_auth_members m WHERE pg_get_userbyid(m.roleid) = $1 AND pg_get_userbyid(m.member) = $2 AND COALESCE((to_jsonb(m) ->> 'set_option')::boolean, true)",`,
    },
  ],
};
