/** `kit generate events`: compares the files of typed events with the declaration, and writes those that differ. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readServiceTemplates } from "../../components/services/template.ts";
import type { CommandContext } from "../context.ts";
import { invalidModel } from "../declaration/declaration-problems.ts";
import { PLAIN_FILE } from "../new-service/file-change.ts";
import { writeChanges } from "../new-service/file-writing.ts";
import { DeclarationProblems, readForAllStacks } from "../new-service/project-model.ts";
import { readProject, SERVICES_FOLDER } from "../new-service/project-reading.ts";
import { eventsFiles, eventsPath } from "./events-files.ts";

/** State of a file relative to the declaration; `unneeded`: its service does not use Kafka. */
export type FileState = "current" | "stale" | "missing" | "unneeded";

/** A service's file of typed events. */
export interface JudgedFile {
  readonly service: string;
  /** Relative to the project's root. */
  readonly path: string;
  readonly state: FileState;
  /** Current content; empty if the file does not exist. */
  readonly before: string;
  /** Expected content; empty if the file is unneeded. */
  readonly after: string;
}

/**
 * Compares the file of each service.
 * @throws KitError `KIT_MODEL_INVALID`, `KIT_UNKNOWN_STACK`.
 */
export async function judgeEvents(context: CommandContext): Promise<readonly JudgedFile[]> {
  const { projectDir } = context;
  const project = await readProject(projectDir);
  const templates = readServiceTemplates(join(projectDir, SERVICES_FOLDER));
  const wanted = new Map(
    eventsFiles(modelOf(context, project), templates).map(({ service, text }) => [service, text] as const),
  );
  return templates.flatMap((template): JudgedFile[] => {
    const { name: service } = template;
    const path = eventsPath(template);
    const found = existsSync(join(projectDir, path)) ? readFileSync(join(projectDir, path), "utf8") : undefined;
    const after = wanted.get(service);
    if (after === undefined)
      return found === undefined ? [] : [{ service, path, state: "unneeded", before: found, after: "" }];
    const state = found === undefined ? "missing" : found === after ? "current" : "stale";
    return [{ service, path, state, before: found ?? "", after }];
  });
}

/**
 * Writes missing and outdated files, and removes unneeded ones.
 * @throws KitError `KIT_NEW_NOT_WRITTEN`.
 */
export function writeEvents(context: CommandContext, files: readonly JudgedFile[]): void {
  const inState = (state: FileState): readonly JudgedFile[] => files.filter((file) => file.state === state);
  writeChanges(context.projectDir, {
    created: inState("missing").map(({ path, after }) => ({ path, content: after, mode: PLAIN_FILE })),
    changed: inState("stale").map(({ path, before, after }) => ({ path, before, after })),
  });
  for (const { path } of inState("unneeded")) rmSync(join(context.projectDir, path));
}

function modelOf(context: CommandContext, { topicFiles, stackFiles }: Awaited<ReturnType<typeof readProject>>) {
  try {
    return readForAllStacks(topicFiles, stackFiles, true);
  } catch (error) {
    if (!(error instanceof DeclarationProblems)) throw error;
    throw invalidModel(context, error.problems);
  }
}
