/** Escapes text from files for the output that shows it. */

const controls = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** For a terminal: removes control characters, so that no text moves the cursor or changes colours. */
export function plain(text: string): string {
  return text.replace(controls, "\ufffd");
}

/** For Markdown on GitHub: the text contains no markup, HTML, mention, reference or link, and stays within its table cell. */
export function markdownText(text: string): string {
  return (
    plain(text)
      .replace(/[&<>]/g, (character) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[character] ?? character)
      .replace(/[\\`*_{}[\]()#+!|~$]/g, "\\$&")
      // A zero-width joiner would also work, but users would copy it along; an entity is not copied.
      .replace(/@/g, "&#64;")
      .replaceAll("://", "&#58;//")
      .replace(/(www)\./gi, "$1&#46;")
      .replace(/\b(GH)-(\d)/gi, "$1&#45;$2")
      .replace(/^(\s*)([-=])/, "$1\\$2")
      .replace(/^(\s*\d+)([.])(?=\s|$)/, "$1\\$2")
  );
}

/** For Markdown code: the unchanged text, in a fence that it cannot close. Line ends become blanks. */
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
