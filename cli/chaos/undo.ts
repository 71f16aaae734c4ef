/**
 * Notes for changes that outlive a run (settings in databases, behaviours of simulators, clocks of services). A note is written
 * to the state directory before the change and removed when the change is undone. A killed run leaves its notes, and the next
 * run undoes these changes first.
 */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { ServerAccess } from "../platform/platform-access.ts";
import { allowWrites, setColumnType } from "./database-settings.ts";
import { putJson } from "./management.ts";

const undo = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("allow-writes"), service: z.string() }),
  z.object({
    kind: z.literal("column-type"),
    service: z.string(),
    table: z.string(),
    column: z.string(),
    type: z.string(),
  }),
  /** PUT of a document to a management address; any of `urls` is sufficient. */
  z.object({ kind: z.literal("put"), urls: z.array(z.url()).min(1), body: z.record(z.string(), z.unknown()) }),
]);

/** Description of how to undo a change. */
export type Undo = z.infer<typeof undo>;

/** Undoes a change; idempotent. */
export async function carryOut(access: Pick<ServerAccess, "database">, wanted: Undo): Promise<void> {
  switch (wanted.kind) {
    case "allow-writes":
      return await allowWrites(access, wanted.service);
    case "column-type":
      return await setColumnType(access, wanted);
    case "put":
      return await putJson(wanted.urls, wanted.body);
  }
}

const FOLDER = "open";
let notes = 0;

/** Makes a change that must be undone: the note is on disk before `work` begins. @returns a function that undoes it. */
export async function undoable(
  access: Pick<ServerAccess, "database">,
  stateDir: string,
  wanted: readonly Undo[],
  work: () => Promise<void>,
): Promise<() => Promise<void>> {
  const folder = join(stateDir, "chaos", FOLDER);
  const file = join(folder, `${process.pid}-${notes}.json`);
  notes += 1;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(file, JSON.stringify(wanted), { mode: 0o600 });
  const revert = async (): Promise<void> => {
    for (const step of wanted) await carryOut(access, step);
    await rm(file, { force: true });
  };
  try {
    await work();
  } catch (error) {
    await revert();
    throw error;
  }
  return revert;
}

/** Undoes what an earlier run left. @returns the number of notes. */
export async function undoLeftovers(access: Pick<ServerAccess, "database">, stateDir: string): Promise<number> {
  const folder = join(stateDir, "chaos", FOLDER);
  const files = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".json")).toSorted();
  for (const name of files) {
    const file = join(folder, name);
    for (const step of z.array(undo).parse(JSON.parse(await readFile(file, "utf8")))) await carryOut(access, step);
    await rm(file, { force: true });
  }
  return files.length;
}
