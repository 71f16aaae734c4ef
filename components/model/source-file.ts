/**
 * One file as it was found, from disk or from a commit. What can't be read as text comes as a refusal, so
 * that reading stays a pure function of its input.
 */
export type SourceFile =
  | { readonly path: string; readonly text: string }
  | { readonly path: string; readonly refused: FileRefusal; readonly detail: string };

/** Why a file was not read. */
export type FileRefusal = "symbolic-link" | "not-a-file" | "too-large" | "not-utf-8" | "unreadable" | "not-found";

/** Folder of domain files, relative to the project's root. */
export const topicsFolder = "topics";

/** Folder of schemas below `topicsFolder`, with its slash: services are handed this folder. */
export const schemasFolder = "schemas/";

/** Whether a file is looked at, by its path. `.YAML` is not read, but somebody who writes it has to learn that. */
export function isReadPath(path: string): boolean {
  return /\.(?:ya?ml|avsc)$/i.test(path) || isSchemaPath(path);
}

/** Whether a path is that of a schema. */
export function isSchemaPath(path: string): boolean {
  return (
    path.endsWith(".avsc") || (path.startsWith(`${topicsFolder}/${schemasFolder}`) && /\.(?:json|proto)$/.test(path))
  );
}

/** Whether a symbolic link of this name may stand for a folder, where nobody can look: git keeps what it leads to as text only. */
export function mayBeFolder(path: string): boolean {
  return !path.slice(path.lastIndexOf("/") + 1).includes(".");
}

/** Largest YAML or Avro file in bytes: hundreds of topics fit; beyond that reading with positions costs too much memory. */
export const maxSourceBytes = 1024 * 1024;

/** Folder of stacks' files, relative to the project's root. */
export const stacksFolder = "stacks";

/** Path of a stack's file, relative to the project's root. */
export function stackFilePath(stack: string): string {
  return `${stacksFolder}/Pulumi.${stack}.yaml`;
}

/** The stack that a path `stacks/Pulumi.<stack>.yaml` is for. */
export function stackOfPath(path: string): string | undefined {
  return /^stacks\/Pulumi\.([a-z][a-z0-9-]*)\.yaml$/.exec(path)?.[1];
}
