/** Text that people wrote in files, made harmless where it is shown. */

const controls = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** For a terminal: without control characters, so that no text moves the cursor or changes colours. */
export function plain(text: string): string {
  return text.replace(controls, "\ufffd");
}

/**
 * For Markdown that GitHub shows: nothing in the text is markup, HTML, a mention, a reference or a link, and it
 * stays within its table cell.
 */
export function markdownText(text: string): string {
  return (
    plain(text)
      .replace(/[&<>]/g, (character) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[character] ?? character)
      .replace(/[\\`*_{}[\]()#+!|~$]/g, "\\$&")
      // A zero-width joiner would do as well, and be copied along; an entity is not.
      .replace(/@/g, "&#64;")
      .replaceAll("://", "&#58;//")
      .replace(/(www)\./gi, "$1&#46;")
      .replace(/\b(GH)-(\d)/gi, "$1&#45;$2")
      .replace(/^(\s*)([-=])/, "$1\\$2")
      .replace(/^(\s*\d+)([.])(?=\s|$)/, "$1\\$2")
  );
}

/** For Markdown code: the text as it is, in a fence that it can't close. Line ends become blanks. */
export function markdownCode(text: string): string {
  const clean = plain(text);
  const longest = Math.max(0, ...[...clean.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const padded =
    clean.startsWith("`") ||
    clean.endsWith("`") ||
    (clean.startsWith(" ") && clean.endsWith(" ") && clean.trim() !== "")
      ? ` ${clean} `
      : clean;
  return clean === "" ? "" : `${fence}${padded}${fence}`;
}

/** {@link markdownCode} within a table, where a bar would end the cell even in code. */
export function markdownCodeCell(text: string): string {
  return markdownCode(text).replaceAll("|", "\\|");
}
