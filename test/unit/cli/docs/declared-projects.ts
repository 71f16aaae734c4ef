/** Declared projects for tests of documents: the repository's own, and one whose every text is hostile. */
import { join } from "node:path";
import type { DeclaredProject } from "../../../../cli/declaration/declared-project.ts";
import { loadModel } from "../../../../components/model/load.ts";
import { expectRead } from "../../../../components/model/read.ts";
import type { Model, TopicDeclaration } from "../../../../components/model/types.ts";
import { planPlatform } from "../../../../components/plan/plan.ts";

/** The repository. */
export const PROJECT = join(import.meta.dirname, "../../../..");

/** The repository's topics, as one of its stacks has them. */
export async function ownProject(stack: string): Promise<DeclaredProject> {
  const { model, stack: settings } = expectRead(await loadModel(PROJECT, stack));
  return { model, stack: settings, plan: planPlatform(model, settings) };
}

/** Text that must stay text in a browser, a reference resolver and a YAML parser. */
export const HOSTILE = `<img src=x onerror=alert(1)> [click](javascript:alert(1)) \u202egnp.exe\u200b\n---\nkey: *anchor {{ x }} \${x} !!js/function`;

/** The project with hostile text wherever a product team can write free text, and an Avro schema that refers to files. */
export function hostileProject({ model, stack }: DeclaredProject): DeclaredProject {
  const owner = { team: "checkout", contact: HOSTILE };
  const deprecated = { since: "2026-01-01", reason: HOSTILE, removal: "2027-01-01" };
  const changed: Model = {
    domains: model.domains.map((domain) => ({
      ...domain,
      owner,
      topics: domain.topics.map(
        (topic): TopicDeclaration => ({
          ...topic,
          owner,
          description: HOSTILE,
          deprecated,
          labels: { note: HOSTILE },
          events: topic.events.map((event) => ({ ...event, schema: hostileSchema(event.schema) })),
        }),
      ),
    })),
  };
  return { model: changed, stack, plan: planPlatform(changed, stack) };
}

function hostileSchema(schema: string): string {
  const record = JSON.parse(schema) as { fields: unknown[] };
  const trap = {
    name: "trap",
    doc: HOSTILE,
    type: { type: "map", values: "string", $ref: "file:///etc/passwd" },
    default: { $ref: "file:///etc/passwd", doc: HOSTILE },
    $ref: "http://127.0.0.1:1/steal",
  };
  return JSON.stringify({ ...record, doc: HOSTILE, $ref: "../../secret.yaml", fields: [...record.fields, trap] });
}
