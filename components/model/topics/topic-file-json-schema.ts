import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { topicFileSchema } from "./topic-file.ts";

/** Where editors look for the format of domain files; each of them names it in its first line. */
export const topicFileJsonSchemaPath = "topics/topics.schema.json";

/** JSON Schema (draft 2020-12) of a domain file, as text, from the definition that the model validates with. */
export function topicFileJsonSchema(): string {
  const schema = z.toJSONSchema(topicFileSchema, {
    io: "input",
    target: "draft-2020-12",
    override({ jsonSchema }) {
      // Zod bounds whole numbers by JavaScript's safe range, which says nothing to a reader.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return `${JSON.stringify({ ...schema, title: "Topics of a domain", description: "What a product team declares: topics, their events, producers and consumers. Reference: docs/guide/topics.md." }, null, 2)}\n`;
}

// Run as a program, it writes the file: node components/model/topics/topic-file-json-schema.ts
if (import.meta.main)
  await writeFile(join(import.meta.dirname, "../../..", topicFileJsonSchemaPath), topicFileJsonSchema());
