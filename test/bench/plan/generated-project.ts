/** A clone of the project whose `topics/` contains as many topics as a benchmark needs. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { copyProject } from "../../platform/project-copy.ts";

/** Its size. */
export interface GeneratedSize {
  readonly topics: number;
  readonly files: number;
}

/** Name of a generated topic. */
export function generatedName(place: number): string {
  return `bench-${String(place).padStart(5, "0")}-events`;
}

/**
 * Writes the domain files. Each topic has its own event and record, and shares one producer and one consumer with all topics of
 * the domain.
 * @param changed - Number of topics, from the first, that keep their records longer than the others.
 */
export async function writeTopics(dir: string, size: GeneratedSize, changed = 0): Promise<void> {
  const perFile = Math.ceil(size.topics / size.files);
  for (let file = 0; file * perFile < size.topics; file += 1) {
    const domain = `domain${file}`;
    const schemas = join(dir, "topics", "schemas", domain);
    await mkdir(schemas, { recursive: true });
    const places = Array.from(
      { length: Math.min(perFile, size.topics - file * perFile) },
      (_, place) => file * perFile + place,
    );
    await Promise.all(places.map((place) => writeFile(join(schemas, `Happened${place}.avsc`), schemaText(place))));
    const topics = places.map((place) =>
      [
        `  ${generatedName(place)}:`,
        "    description: Something that happened.",
        "    partitions: 3",
        `    retention: ${place < changed ? "9d" : "7d"}`,
        "    key: id",
        `    events: {${domain}.happened-${place}: {schema: schemas/${domain}/Happened${place}.avsc}}`,
        `    producers: {${domain}-writer: {quota: 1KiB/s}}`,
        `    consumers: {${domain}-reader: {instances: 1, events: [${domain}.happened-${place}], quota: 2KiB/s}}`,
      ].join("\n"),
    );
    await writeFile(
      join(dir, "topics", `${domain}.yaml`),
      [
        "# yaml-language-server: $schema=./topics.schema.json",
        `domain: ${domain}`,
        `owner: {team: team-${file}, contact: "#team-${file}"}`,
        "criticality: low",
        "topics:",
        ...topics,
        "",
      ].join("\n"),
    );
  }
}

function schemaText(place: number): string {
  const schema = {
    type: "record",
    name: `Happened${place}`,
    namespace: "com.example.bench",
    doc: "Something happened.",
    fields: [{ name: "id", type: "string", doc: "What it happened to." }],
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** The shipped stack names services of the shipped topics. */
const STACK = "config:\n  event-platform:platform:\n    substrate: local\n";

/** Makes the clone; the caller removes it. */
export async function generatedProject(
  size: GeneratedSize,
): Promise<{ readonly dir: string; readonly remove: () => Promise<void> }> {
  const project = await copyProject();
  await rm(join(project.dir, "topics"), { recursive: true });
  await writeTopics(project.dir, size);
  await writeFile(join(project.dir, "stacks", "Pulumi.local.yaml"), STACK);
  return project;
}
