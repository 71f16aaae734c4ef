/** A clone of the project whose `topics/` holds as many topics as a benchmark wants. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { copyProject } from "../../platform/project-copy.ts";

/** How large it is. */
export interface GeneratedSize {
  readonly topics: number;
  readonly files: number;
}

/** Name of a generated topic. */
export function generatedName(place: number): string {
  return `bench-${String(place).padStart(5, "0")}-events`;
}

/**
 * Writes the domain files. Each domain has one schema that all its topics use, each topic one producer and one consumer
 * of the domain's own.
 * @param changed - How many topics, from the first, keep their records longer than the others.
 */
export async function writeTopics(dir: string, size: GeneratedSize, changed = 0): Promise<void> {
  const schemas = join(dir, "topics", "schemas");
  await mkdir(schemas, { recursive: true });
  const perFile = Math.ceil(size.topics / size.files);
  for (let file = 0; file * perFile < size.topics; file += 1) {
    const domain = `domain${file}`;
    const record = `Happened${file}`;
    await mkdir(join(schemas, domain), { recursive: true });
    const schema = { type: "record", name: record, namespace: "com.example.bench", doc: "Something happened.", fields: [{ name: "id", type: "string", doc: "What it happened to." }] };
    await writeFile(join(schemas, domain, `${record}.avsc`), `${JSON.stringify(schema, null, 2)}\n`);
    const places = Array.from({ length: Math.min(perFile, size.topics - file * perFile) }, (_, place) => file * perFile + place);
    const topics = places.map((place) => [
      `  ${generatedName(place)}:`,
      "    description: Something that happened.",
      "    partitions: 3",
      `    retention: ${place < changed ? "9d" : "7d"}`,
      "    key: id",
      `    events: {${domain}.happened: {schema: schemas/${domain}/${record}.avsc}}`,
      `    producers: {${domain}-writer: {quota: 1KiB/s}}`,
      `    consumers: {${domain}-reader: {instances: 1, events: [${domain}.happened], quota: 2KiB/s}}`,
    ].join("\n"));
    await writeFile(join(dir, "topics", `${domain}.yaml`), [
      "# yaml-language-server: $schema=./topics.schema.json",
      `domain: ${domain}`, `owner: {team: team-${file}, contact: "#team-${file}"}`, "criticality: low", "topics:", ...topics, "",
    ].join("\n"));
  }
}

/** The shipped stack names services of the shipped topics. */
const STACK = "config:\n  event-platform:platform:\n    substrate: local\n";

/** Makes the clone; the caller removes it. */
export async function generatedProject(size: GeneratedSize): Promise<{ readonly dir: string; readonly remove: () => Promise<void> }> {
  const project = await copyProject();
  await rm(join(project.dir, "topics"), { recursive: true });
  await writeTopics(project.dir, size);
  await writeFile(join(project.dir, "stacks", "Pulumi.local.yaml"), STACK);
  return project;
}
