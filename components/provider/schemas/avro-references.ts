/** Judges Avro schemas with references, because Apicurio 3.3 answers 422 to a compatibility check of such a schema. */
import { selfContainedSchema } from "../../model/schemas/avro-schema.ts";
import type { Compatibility } from "../../model/schemas/compatibility.ts";
import { compatibilityFailures } from "../../plan/diff/avro/compatibility.ts";
import type { RegistryClient, SchemaDocument } from "./schema-registry-client.ts";

/**
 * Maximum number of subjects that one schema may need. With circular references in a registry's answers, a preview
 * would otherwise not end.
 */
const mostReferences = 500;

/**
 * Returns the incompatibilities of a schema as the next version of a subject. The references of both versions are
 * inlined.
 */
export async function referenceIncompatibilities(
  registry: RegistryClient,
  subject: string,
  document: SchemaDocument,
  level: Compatibility,
): Promise<string[]> {
  const latest = await registry.versionOf(subject, "latest");
  const wanted = await selfContained(registry, document);
  if ("fault" in wanted) return [wanted.fault];
  if (latest === undefined) return [];
  const known = await selfContained(registry, latest);
  if ("fault" in known) return [`its latest version can't be read: ${known.fault}`];
  return compatibilityFailures(wanted.schema, [known.schema], level).map(
    ({ path, message }) => `${path === "" ? "the type itself" : path}: ${message}`,
  );
}

async function selfContained(
  registry: RegistryClient,
  document: SchemaDocument,
): Promise<{ readonly schema: string } | { readonly fault: string }> {
  const types = new Map<string, string>();
  const queue = [...(document.references ?? [])];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    if (types.has(next.name)) continue;
    if (types.size >= mostReferences) return { fault: `it needs more than ${mostReferences} other subjects` };
    const found = await registry.versionOf(next.subject, next.version);
    if (found === undefined)
      return { fault: `it refers to version ${next.version} of ${next.subject}, which the registry does not hold` };
    types.set(next.name, found.schema);
    queue.push(...(found.references ?? []));
  }
  try {
    return { schema: selfContainedSchema(JSON.parse(document.schema), types) };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}
