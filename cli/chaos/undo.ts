/**
 * What outlives the run that did it (settings in databases, behaviours of simulators, clocks of services) is noted in
 * the state folder before it is done and struck out when it is undone. So a run that was itself killed leaves a note,
 * and the next one undoes what stands in it first.
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
  /** PUT of a document to a management address; any of `urls` will do. */
  z.object({ kind: z.literal("put"), urls: z.array(z.url()).min(1), body: z.record(z.string(), z.unknown()) }),
]);

/** What has to be done to undo something. */
export type Undo = z.infer<typeof undo>;

/** Undoes something; doing it twice does no harm. */
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

/** Does something that has to be undone: the note is on disk before `work` begins. @returns what undoes it. */
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

/** Undoes what an earlier run left. @returns how many notes there were. */
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
