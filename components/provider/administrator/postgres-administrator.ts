/** `kit:index:PostgresAdministrator`. */
import { z } from "zod";
import { connectionSchema } from "../database-connection.ts";
import { inputChanges } from "../property-diff.ts";
import type { PropertyChange, ResourceKind } from "../resource-kind.ts";
import { failuresOf } from "../validation.ts";
import { hasUnknown } from "../values.ts";

const schema = z.object({ connection: connectionSchema });

/**
 * An administrator without superuser rights that may act as the roles that it creates. The ownership of databases and
 * the removal of roles need this. Up to PostgreSQL 15 every member of a role may act as it. From PostgreSQL 16 on, this
 * needs `createrole_self_grant`
 * (https://www.postgresql.org/docs/18/runtime-config-client.html#GUC-CREATEROLE-SELF-GRANT), which this resource sets
 * for the administrator's role. The setting stays when the resource is deleted, because another platform on the server
 * may rely on it.
 */
export const postgresAdministratorKind: ResourceKind = {
  computedOutputs: ["prepared"],

  async check({ news }) {
    return failuresOf(schema, news);
  },

  async diff({ olds, news, note }) {
    const changes: PropertyChange[] = inputChanges(olds, news);
    if (changes.length === 0 && !hasUnknown(news)) {
      const { connection } = schema.parse(news);
      const { mayActAsItsRoles } = await import("./administrator-rights.ts");
      if ((await mayActAsItsRoles(connection)) === false) {
        note(
          `the administrator ${connection.user} may not act as the roles it makes, and is allowed to again`,
          "warning",
        );
        changes.push({ path: "prepared", change: "update", side: "output" });
      }
    }
    return { changes };
  },

  async create({ inputs }) {
    const { connection } = schema.parse(inputs);
    await prepare(connection);
    return { id: `${connection.host}:${connection.port}/${connection.user}`, computed: { prepared: true } };
  },

  async read({ inputs, state }) {
    const parsed = schema.safeParse(inputs);
    if (!parsed.success) return { prepared: state.prepared ?? true };
    const { mayActAsItsRoles } = await import("./administrator-rights.ts");
    return { prepared: (await mayActAsItsRoles(parsed.data.connection)) ?? state.prepared ?? true };
  },

  async update({ inputs }) {
    await prepare(schema.parse(inputs).connection);
    return { prepared: true };
  },

  async delete() {},
};

async function prepare(connection: z.infer<typeof connectionSchema>): Promise<void> {
  const { letActAsItsRoles } = await import("./administrator-rights.ts");
  await letActAsItsRoles(connection);
}
