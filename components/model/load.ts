import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { compareText } from "./problems/problem.ts";
import { type ModelAndStack, readModel } from "./read.ts";
import {
  type FileRefusal,
  isReadPath,
  maxSourceBytes,
  mayBeFolder,
  type SourceFile,
  stackFilePath,
  stackOfPath,
  stacksFolder,
  topicsFolder,
} from "./source-file.ts";
import type { StackSettings } from "./stack/stack.ts";
import type { Reading } from "./types.ts";

/**
 * Reads `topics/` and the stack from disk.
 * @param projectDir - Folder with `Pulumi.yaml`.
 * @param stack - Name of the stack, or its settings if the caller has them (as in the Pulumi program).
 * @param stackName - Name of the stack, if `stack` holds its settings.
 */
export async function loadModel(
  projectDir: string,
  stack: string | StackSettings,
  stackName = typeof stack === "string" ? stack : undefined,
): Promise<Reading<ModelAndStack>> {
  const [files, settings] = await Promise.all([
    loadTopicFiles(projectDir),
    typeof stack === "string" ? loadFile(projectDir, stackFilePath(stack)) : stack,
  ]);
  return readModel(files, settings, { stackName, stacks: stackNames(projectDir) });
}

/** Returns the names of the stacks that have a file, sorted. */
export function stackNames(projectDir: string): string[] {
  try {
    return readdirSync(join(projectDir, stacksFolder))
      .flatMap((name) => stackOfPath(`${stacksFolder}/${name}`) ?? [])
      .sort(compareText);
  } catch {
    return [];
  }
}

/**
 * Returns all YAML files and schemas below `topics/`, sorted by path. Folders that are symbolic links are refused,
 * including `topics/` itself. It reads synchronously: with 10,000 small files, the turns of the event loop took four
 * times as long as the reads.
 * @param folder - The folder, if it is not the project's `topics/`. Its files get the paths that they would have there.
 */
export async function loadTopicFiles(
  projectDir: string,
  folder: string = join(projectDir, topicsFolder),
): Promise<SourceFile[]> {
  const paths: string[] = [];
  const refusals: SourceFile[] = [];
  const onDisk = (path: string): string => join(folder, path.slice(topicsFolder.length));
  const leadsToFolder = (path: string): boolean =>
    mayBeFolder(path) || statSync(onDisk(path), { throwIfNoEntry: false })?.isDirectory() === true;
  const link = linkOf(folder);
  if (link !== undefined) return [{ path: `${topicsFolder}/`, refused: "symbolic-link", detail: `to ${link}` }];
  const visit = (parent: string): void => {
    let entries;
    try {
      entries = readdirSync(onDisk(parent), { withFileTypes: true });
    } catch (error) {
      // Reported as the folder, so that an unreadable folder is not mistaken for an empty one.
      refusals.push({ path: `${parent}/`, refused: "unreadable", detail: codeOf(error) });
      return;
    }
    for (const entry of entries.sort((a, b) => compareText(a.name, b.name))) {
      const path = `${parent}/${entry.name}`;
      // A folder with the name of a domain file would hide its contents.
      if (entry.isDirectory() && !/\.ya?ml$/i.test(entry.name)) visit(path);
      else if (isReadPath(path)) paths.push(path);
      else if (entry.isSymbolicLink() && leadsToFolder(path))
        refusals.push({ path: `${path}/`, refused: "symbolic-link", detail: `to ${readlinkSync(onDisk(path))}` });
    }
  };
  visit(topicsFolder);
  return [...refusals, ...paths.map((path) => readSource(onDisk(path), path))].sort((a, b) =>
    compareText(a.path, b.path),
  );
}

/**
 * Reads one file as text. Anything but a small regular UTF-8 file results in a refusal.
 * @param path - Relative to the project. A symbolic link among its parent folders is refused.
 */
export async function loadFile(projectDir: string, path: string): Promise<SourceFile> {
  for (let end = path.indexOf("/"); end !== -1; end = path.indexOf("/", end + 1)) {
    const link = linkOf(join(projectDir, path.slice(0, end)));
    if (link !== undefined)
      return { path, refused: "symbolic-link", detail: `its folder ${path.slice(0, end)} leads to ${link}` };
  }
  return readSource(join(projectDir, path), path);
}

function readSource(absolute: string, path: string): SourceFile {
  const refuse = (refused: FileRefusal, detail: string): SourceFile => ({ path, refused, detail });
  try {
    const facts = lstatSync(absolute);
    if (facts.isSymbolicLink()) return refuse("symbolic-link", `to ${readlinkSync(absolute)}`);
    if (!facts.isFile()) return refuse("not-a-file", facts.isDirectory() ? "a folder" : "a device, pipe or socket");
    if (facts.size > maxSourceBytes) return refuse("too-large", `${facts.size} bytes`);
    const bytes = readFileSync(absolute);
    return { path, text: decoder.decode(bytes) };
  } catch (error) {
    if (error instanceof TypeError) return refuse("not-utf-8", "it holds bytes that are no UTF-8");
    const code = codeOf(error);
    return code === "ENOENT" ? refuse("not-found", code) : refuse("unreadable", code);
  }
}

/** Returns the target of a symbolic link; undefined for anything else. */
function linkOf(absolute: string): string | undefined {
  return lstatSync(absolute, { throwIfNoEntry: false })?.isSymbolicLink() === true ? readlinkSync(absolute) : undefined;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
