/** Writes file changes: all of them, or none. */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { replaceFileSync } from "../../components/machine/durable-file.ts";
import { KitError } from "../errors.ts";
import type { CreatedFile, FileChanges } from "./file-change.ts";

/**
 * Writes the changes below a folder. New files are first written under another name. Existing files are not overwritten, and a
 * file that changed since it was read stays unchanged. If a later step fails, earlier steps are undone.
 * @throws KitError `KIT_NEW_NOT_WRITTEN`.
 */
export function writeChanges(projectDir: string, changes: FileChanges): void {
  const undo: (() => void)[] = [];
  try {
    for (const { path } of changes.created)
      if (existsSync(join(projectDir, path))) throw new Error(`${path} is there already`);
    for (const { path, before } of changes.changed)
      if (readFileSync(join(projectDir, path), "utf8") !== before)
        throw new Error(`${path} was changed by someone else meanwhile`);
    for (const file of changes.created) {
      const target = join(projectDir, file.path);
      makeFolders(projectDir, dirname(file.path), undo);
      writeNew(target, file);
      undo.push(() => rmSync(target));
    }
    // Last, because they put the new files into effect.
    for (const file of changes.changed) {
      const target = join(projectDir, file.path);
      replaceText(target, file.after);
      undo.push(() => replaceText(target, file.before));
    }
  } catch (cause) {
    const left = undo.reverse().flatMap((step) => failureOf(step) ?? []);
    throw new KitError("KIT_NEW_NOT_WRITTEN", wordsOf(cause), {
      cause,
      ...(left.length === 0
        ? {}
        : { fix: `Some files could not be restored: ${left.join("; ")}. \`git status\` shows what is left.` }),
    });
  }
}

/** Makes the parent folders of a path, and records how to remove new ones. */
function makeFolders(projectDir: string, path: string, undo: (() => void)[]): void {
  const folder = join(projectDir, path);
  if (path === "." || existsSync(folder)) return;
  makeFolders(projectDir, dirname(path), undo);
  mkdirSync(folder);
  undo.push(() => rmdirSync(folder));
}

/** Writes a file that does not exist; removes a partial file after an error. */
function writeNew(target: string, { content, mode }: CreatedFile): void {
  const handle = openSync(target, "wx", mode);
  try {
    writeFileSync(handle, content);
  } catch (error) {
    rmSync(target);
    throw error;
  } finally {
    closeSync(handle);
  }
}

function failureOf(step: () => void): string | undefined {
  try {
    step();
    return undefined;
  } catch (error) {
    return wordsOf(error);
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Atomic: other processes see the old text or the new one, never a part. */
function replaceText(path: string, text: string): void {
  replaceFileSync(path, text, statSync(path).mode & 0o777);
}
