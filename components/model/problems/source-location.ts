/** Location of a declaration in the files that users edit. Lines and columns start at 1. */
export interface SourceLocation {
  /** Path relative to the project's root, with forward slashes. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}
