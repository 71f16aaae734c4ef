/** Changes of files, as data, before anything is written. Paths are relative to the project, with forward slashes. */

/** A file to create. */
export interface CreatedFile {
  readonly path: string;
  readonly content: string | Buffer;
  /** Permission bits. */
  readonly mode: number;
}

/** A file to change. */
export interface ChangedFile {
  readonly path: string;
  /** The text that was read; the change is rejected if the file has another content by then. */
  readonly before: string;
  readonly after: string;
}

/** Everything that one command writes. */
export interface FileChanges {
  readonly created: readonly CreatedFile[];
  readonly changed: readonly ChangedFile[];
}

/** Permission bits of a plain file. */
export const PLAIN_FILE = 0o644;
