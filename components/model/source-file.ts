/**
 * One file from disk or from a commit. A file that cannot be read as text is a refusal, so that the reader of the model
 * stays a pure function of its input.
 */
export type SourceFile =
  | { readonly path: string; readonly text: string }
  | { readonly path: string; readonly refused: FileRefusal; readonly detail: string };

/** Why a file was not read. */
export type FileRefusal = "symbolic-link" | "not-a-file" | "too-large" | "not-utf-8" | "unreadable" | "not-found";

/** Folder of domain files, relative to the project's root. */
export const topicsFolder = "topics";

/** Folder of schemas below `topicsFolder`, with its slash. Services receive this folder. */
export const schemasFolder = "schemas/";

/** Returns whether a file is considered, by its path. `.YAML` is not read, but its author must be told. */
export function isReadPath(path: string): boolean {
  return /\.(?:ya?ml|avsc)$/i.test(path) || isSchemaPath(path);
}

/** Returns whether a path is the path of a schema. */
export function isSchemaPath(path: string): boolean {
  return (
    path.endsWith(".avsc") || (path.startsWith(`${topicsFolder}/${schemasFolder}`) && /\.(?:json|proto)$/.test(path))
  );
}

/**
 * Returns whether a symbolic link with this name may point to a folder when the target cannot be checked: git stores
 * the target of a link only as text.
 */
export function mayBeFolder(path: string): boolean {
  return !path.slice(path.lastIndexOf("/") + 1).includes(".");
}

/**
 * Maximum size of a YAML or Avro file in bytes. Hundreds of topics fit. Reading a larger file with locations would take
 * too much memory.
 */
export const maxSourceBytes = 1024 * 1024;

/** Folder of stacks' files, relative to the project's root. */
export const stacksFolder = "stacks";

/** Returns the path of a stack's file, relative to the project's root. */
export function stackFilePath(stack: string): string {
  return `${stacksFolder}/Pulumi.${stack}.yaml`;
}

/** Returns the stack of a path `stacks/Pulumi.<stack>.yaml`; undefined for any other path. */
export function stackOfPath(path: string): string | undefined {
  return /^stacks\/Pulumi\.([a-z][a-z0-9-]*)\.yaml$/.exec(path)?.[1];
}
