/** `kit:index:Migration`. */

import { type AppliedMigration, checksumOf, planMigrations } from "@event-platform-kit/service/migration/plan";
import { z } from "zod";
import { connectionSchema } from "../database-connection.ts";
import { inputChanges } from "../property-diff.ts";
import type { CheckFailure, PropertyChange, ResourceKind } from "../resource-kind.ts";
import { failuresOf } from "../validation.ts";
import { hasUnknown, type Values } from "../values.ts";

const schema = z.object({
  connection: connectionSchema,
  role: z.string().min(1).optional(),
  migrations: z
    .array(
      z.object({
        version: z.string().regex(/^[0-9A-Za-z._-]+$/, "must be letters, digits, dots, dashes"),
        name: z.string().min(1),
        sql: z.string(),
      }),
    )
    .superRefine((files, context) => {
      const seen = new Map<string, string>();
      for (const [index, { version, name }] of files.entries()) {
        const other = seen.get(version);
        if (other !== undefined)
          context.addIssue({
            code: "custom",
            path: [index, "version"],
            message: `version ${version} is taken by ${other} and by ${name}: give one of them another`,
          });
        seen.set(version, name);
      }
    }),
  preamble: z.array(z.string()).default([]),
});

const appliedSchema = z.array(z.object({ version: z.string(), name: z.string(), checksum: z.string() }));

async function apply(inputs: Values): Promise<Values> {
  const { applyMigrations } = await import("@event-platform-kit/service/migration/apply");
  return { applied: (await applyMigrations(schema.parse(inputs))).map((migration) => ({ ...migration })) };
}

/** Returns the properties on which a conflict is reported. */
function failuresFor(
  applied: readonly AppliedMigration[],
  files: z.infer<typeof schema>["migrations"],
): CheckFailure[] {
  return planMigrations(files, applied).conflicts.map(({ index, error }) => ({
    property:
      index === undefined
        ? "migrations"
        : error.code === "migration-late"
          ? `migrations[${index}].version`
          : `migrations[${index}].sql`,
    reason: error.message,
  }));
}

/** `kit:index:Migration`. */
export const migrationKind: ResourceKind = {
  computedOutputs: ["applied"],

  async check({ news, olds }) {
    const failures = failuresOf(schema, news);
    const before = schema.safeParse(olds);
    const after = schema.safeParse(news);
    // Inputs in the state were applied: a failed migration is never stored in the state.
    if (!before.success || !after.success || hasUnknown(news.migrations)) return failures;
    if (before.data.connection.database !== after.data.connection.database) return failures;
    const applied = before.data.migrations.map(({ version, name, sql }) => ({
      version,
      name,
      checksum: checksumOf(sql),
    }));
    return [...failures, ...failuresFor(applied, after.data.migrations)];
  },

  async diff({ olds, news, note }) {
    const changes: PropertyChange[] = inputChanges(olds, news);
    if (changes.length === 0 && !hasUnknown(news)) {
      const { connection, role, migrations } = schema.parse(news);
      const { lookAtApplied } = await import("@event-platform-kit/service/migration/apply");
      const applied = await lookAtApplied(connection, role);
      const missing = applied === undefined ? [] : planMigrations(migrations, applied).pending;
      if (missing.length > 0) {
        note(
          `database ${connection.database} lacks ${missing.map(({ version, name }) => `${version}_${name}`).join(", ")}, which is applied again`,
          "warning",
        );
        changes.push({ path: "applied", change: "update", side: "output" });
      }
    }
    return { changes };
  },

  async create({ inputs }) {
    const { connection } = schema.parse(inputs);
    return { id: `${connection.host}:${connection.port}/${connection.database}`, computed: await apply(inputs) };
  },

  async read({ inputs, state }) {
    const parsed = schema.safeParse(inputs);
    const known = appliedSchema.safeParse(state.applied).data ?? [];
    if (!parsed.success) return { applied: known };
    const { lookAtApplied } = await import("@event-platform-kit/service/migration/apply");
    return {
      applied:
        (await lookAtApplied(parsed.data.connection, parsed.data.role))?.map((migration) => ({ ...migration })) ??
        known,
    };
  },

  async update({ inputs }) {
    return apply(inputs);
  },

  // A migration does not delete data. The data is deleted with its database.
  async delete() {},
};
