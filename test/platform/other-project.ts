/**
 * Another project on the kit: this repository without its sample, with one small service and a smaller local cluster instead.
 */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, normalize, relative } from "node:path";
import { copyProject, edits } from "./project-copy.ts";

const SERVICE = "note-service";

/** The service, its topic, and nothing else. */
const FILES: Readonly<Record<string, string>> = {
  "topics/note.yaml": `# yaml-language-server: $schema=./topics.schema.json
domain: note
owner: {team: notes, contact: "#team-notes"}
criticality: low
classification: internal
services: [${SERVICE}]
topics:
  note-events:
    description: The life of a note, one record per change
    partitions: 3
    retention: 7d
    key: noteId
    events:
      note.taken: {schema: schemas/note/NoteTaken.avsc}
    producers:
      ${SERVICE}: {quota: 1MiB/s}
    consumers:
      ${SERVICE}: {instances: 1, events: [note.taken], quota: 1MiB/s}
`,
  "topics/schemas/note/NoteTaken.avsc": `${JSON.stringify(
    {
      type: "record",
      name: "NoteTaken",
      namespace: "com.example.notes",
      doc: "A note was taken.",
      fields: [
        { name: "noteId", type: "string", doc: "Id of the note." },
        { name: "text", type: "string", doc: "What it says." },
      ],
    },
    null,
    2,
  )}\n`,
  [`service-templates/${SERVICE}/template.yaml`]: `name: ${SERVICE}
description: Takes notes
runtime: {entry: src/main.ts}
http: {port: true}
exposed: true
management: {liveness: /livez, readiness: /readyz, metrics: /metrics}
database: {migrations: migrations, connections: 8}
kafka: true
resources: {cpu: 250m, memory: 192Mi}
personalData: {tables: []}
`,
  [`service-templates/${SERVICE}/package.json`]: `${JSON.stringify(
    {
      name: SERVICE,
      version: "0.1.0",
      private: true,
      type: "module",
      files: ["src", "migrations"],
      dependencies: { "@event-platform-kit/service": "0.1.0" },
    },
    null,
    2,
  )}\n`,
  [`service-templates/${SERVICE}/migrations/0001_notes.sql`]:
    "CREATE TABLE notes (note_id uuid PRIMARY KEY, text text NOT NULL, read boolean NOT NULL DEFAULT false);\n",
  [`service-templates/${SERVICE}/src/main.ts`]: `import { runProcess } from "@event-platform-kit/service/run-process";
import { startNoteService } from "./service.ts";

runProcess(() => startNoteService());
`,
  [`service-templates/${SERVICE}/src/service.ts`]: `/** Takes notes, and reads what was taken. */
import type { RunningService, StartOptions } from "@event-platform-kit/service";
import { startEventService } from "@event-platform-kit/service";
import { uuidV7 } from "@event-platform-kit/service/ids";
import type { EventMap } from "./events.generated.ts";

export function startNoteService(options: StartOptions = {}): Promise<RunningService> {
  return startEventService<EventMap>(
    { http: true },
    ({ database, outbox }) => ({
      handlers: {
        "note.taken": {
          async apply({ payload }, tx) {
            await tx.query({ text: "UPDATE notes SET read = true WHERE note_id = $1", values: [payload.noteId] });
            return [];
          },
        },
      },
      routes(app) {
        app.post<{ Body: { text: string } }>("/notes", async ({ body: { text }, trace }, reply) => {
          const noteId = uuidV7();
          await database.transaction(async (tx) => {
            await tx.query({ text: "INSERT INTO notes (note_id, text) VALUES ($1, $2)", values: [noteId, text] });
            const taken = { type: "note.taken", key: noteId, payload: { noteId, text } } as const;
            await outbox.add(tx, [{ cause: { correlationId: noteId, trace }, events: [taken] }]);
          });
          return reply.code(202).send({ noteId });
        });
        app.get<{ Params: { id: string } }>("/notes/:id", async ({ params: { id } }) => {
          const [note] = await database.query<{ read: boolean }>({
            text: "SELECT read FROM notes WHERE note_id = $1",
            values: [id],
          });
          return { read: note?.read ?? false };
        });
      },
    }),
    options,
  );
}
`,
};

/** The other project's folder, the files of the sample that are not in it, and how to remove it. */
export interface OtherProject {
  readonly dir: string;
  readonly service: string;
  /** Tests that belong to the sample: they import its services or its acceptance, directly or indirectly. */
  readonly sampleTests: readonly string[];
  remove(): Promise<void>;
}

/** Removes topics, templates, acceptance and tests of the sample, and adds the small service. */
export async function otherProject(): Promise<OtherProject> {
  const { dir, remove } = await copyProject();
  const taken = [
    ...(await readdir(join(dir, "topics")))
      .filter((name) => name !== "topics.schema.json")
      .map((name) => `topics/${name}`),
    ...(await readdir(join(dir, "service-templates")))
      .filter((name) => name !== "lib" && name !== "Dockerfile")
      .map((name) => `service-templates/${name}`),
    "kit.config.ts",
  ];
  const sampleTests = await testsOf(dir, taken);
  for (const path of [...taken, ...sampleTests]) await rm(join(dir, path), { recursive: true, force: true });
  for (const [path, text] of Object.entries(FILES)) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), text);
  }
  const { edit } = edits(() => dir);
  for (const name of (await readdir(join(dir, "stacks"))).filter((file) => file.endsWith(".yaml")))
    await edit(`stacks/${name}`, (text) =>
      text.replace(/^ {4}services:\n(?: {6}.*\n)+/mu, `    services:\n      ${SERVICE}: {replicas: 1}\n`),
    );
  await edit("stacks/Pulumi.local.yaml", (text) =>
    text.replace("brokersPerZone: 3, controllers: 3", "brokersPerZone: 1, controllers: 1"),
  );
  return { dir, service: SERVICE, sampleTests, remove };
}

/** Files below `test/` that need one of the paths, directly or by way of others. */
async function testsOf(dir: string, paths: readonly string[]): Promise<readonly string[]> {
  const files = (await readdir(join(dir, "test"), { recursive: true }))
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join("test", name));
  const imports = new Map<string, readonly string[]>();
  for (const file of files) {
    const text = await readFile(join(dir, file), "utf8");
    imports.set(
      file,
      [...text.matchAll(/(?:from|import) ?\(?"(\.[^"]+)"/gu)].map(([, path = ""]) =>
        normalize(join(dirname(file), path)),
      ),
    );
  }
  const gone = new Set<string>();
  const isGone = (path: string): boolean =>
    gone.has(path) || paths.some((one) => path === one || !relative(one, path).startsWith(".."));
  for (let before = -1; before !== gone.size; ) {
    before = gone.size;
    for (const [file, needed] of imports) if (needed.some(isGone)) gone.add(file);
  }
  return [...gone].toSorted();
}
