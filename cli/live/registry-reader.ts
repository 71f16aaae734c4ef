/** Reads the subjects of a Confluent-compatible registry: all names first, then each subject, many at a time. */
import * as z from "zod";
import type { LiveSubject } from "../../components/plan/live.ts";
import { KitError } from "../errors.ts";

const AT_ONCE = 32;
const REQUEST_LIMIT_MS = 20_000;

const subjectNames = z.array(z.string());
const latestVersion = z.object({
  schema: z.string(),
  schemaType: z.string().optional(),
  version: z.number().optional(),
  references: z.array(z.object({ name: z.string(), subject: z.string(), version: z.number() })).optional(),
});
const level = z.object({ compatibilityLevel: z.string() });

/**
 * Latest schema and own compatibility level of every subject, sorted by name.
 * @param url - Base address of the API; Apicurio's ends with `/apis/ccompat/v7`.
 * @throws KitError `KIT_SERVER_UNREACHABLE`.
 */
export async function readSubjects(url: string): Promise<readonly LiveSubject[]> {
  const base = url.replace(/\/+$/, "");
  const names = subjectNames.parse((await get(base, "/subjects")) ?? []).sort();
  const subjects: LiveSubject[] = [];
  const queue = names.values();
  const worker = async (): Promise<void> => {
    for (const name of queue) {
      const path = encodeURIComponent(name);
      const [version, config] = await Promise.all([
        get(base, `/subjects/${path}/versions/latest`),
        get(base, `/config/${path}`),
      ]);
      const schema = latestVersion.safeParse(version);
      // Deleted after the names were read.
      if (!schema.success) continue;
      const own = level.safeParse(config);
      const { schema: text, schemaType = "AVRO", version: latest, references = [] } = schema.data;
      subjects.push({
        name,
        schema: text,
        schemaType,
        ...(latest === undefined ? {} : { version: latest }),
        ...(references.length === 0 ? {} : { references }),
        ...(own.success ? { compatibility: own.data.compatibilityLevel } : {}),
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return subjects.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The answer's JSON; `undefined` if the registry answers 404. */
async function get(base: string, path: string): Promise<unknown> {
  try {
    const answer = await fetch(`${base}${path}`, {
      headers: { accept: "application/vnd.schemaregistry.v1+json, application/json" },
      signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
    });
    if (answer.status === 404) {
      await answer.body?.cancel();
      return undefined;
    }
    if (!answer.ok) throw new Error(`status ${answer.status}: ${(await answer.text()).slice(0, 200)}`);
    return await answer.json();
  } catch (cause) {
    throw new KitError(
      "KIT_SERVER_UNREACHABLE",
      `the registry at ${base}${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}
