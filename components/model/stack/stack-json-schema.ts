import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { stackSettingsKey, stackSettingsSchema } from "./stack.ts";

/** Path from which editors load the format of stack files. Each stack file names it in its first line. */
export const stackFileJsonSchemaPath = "stacks/stack.schema.json";

/**
 * Returns the JSON Schema (draft 2020-12) of a stack's file, as text. Of Pulumi's own keys, it describes only those
 * that the kit uses.
 */
export function stackFileJsonSchema(): string {
  const { $schema, ...settings } = z.toJSONSchema(stackSettingsSchema, {
    io: "input",
    target: "draft-2020-12",
    override({ jsonSchema }) {
      // Zod limits integers to JavaScript's safe range, which is noise in an editor.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  const document = {
    $schema,
    title: "An environment of the platform",
    description: "A stack of Pulumi with the settings of the platform. Reference: docs/guide/kubernetes.md.",
    type: "object",
    properties: {
      config: {
        type: "object",
        description:
          "Configuration of the stack. Secrets are set with `pulumi config set --secret` and are stored here encrypted.",
        properties: { [stackSettingsKey]: settings },
        required: [stackSettingsKey],
      },
      secretsprovider: {
        type: "string",
        description: "Provider that encrypts secrets, for example awskms://…; default: a passphrase.",
      },
      encryptionsalt: { type: "string", description: "Written by Pulumi with a passphrase." },
      encryptedkey: { type: "string", description: "Written by Pulumi with a key service." },
    },
    required: ["config"],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

// Run as a program, this file writes the schema: node components/model/stack/stack-json-schema.ts
if (import.meta.main)
  await writeFile(join(import.meta.dirname, "../../..", stackFileJsonSchemaPath), stackFileJsonSchema());
