import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { topicFileSchema } from "./topic-file.ts";

/** Path from which editors load the format of domain files. Each domain file names it in its first line. */
export const topicFileJsonSchemaPath = "topics/topics.schema.json";

/** Returns the JSON Schema (draft 2020-12) of a domain file, as text, from the definition that the model validates with. */
export function topicFileJsonSchema(): string {
  const schema = z.toJSONSchema(topicFileSchema, {
    io: "input",
    target: "draft-2020-12",
    override({ jsonSchema }) {
      // Zod limits integers to JavaScript's safe range, which is noise in an editor.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return `${JSON.stringify({ ...schema, title: "Topics of a domain", description: "What a product team declares: topics, their events, producers and consumers. Reference: docs/guide/topics.md." }, null, 2)}\n`;
}

// Run as a program, this file writes the schema: node components/model/topics/topic-file-json-schema.ts
if (import.meta.main)
  await writeFile(join(import.meta.dirname, "../../..", topicFileJsonSchemaPath), topicFileJsonSchema());
