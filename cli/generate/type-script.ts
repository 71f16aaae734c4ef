/** Pieces of TypeScript text. Pure. */

/** Maximum length of lines that can be broken. */
const WIDTH = 120;

/**
 * A doc comment with its line end; nothing if it has no content.
 * @param says - Paragraphs.
 */
export function docComment(says: string | undefined | readonly (string | undefined)[], indent = ""): string {
  const paragraphs = [says]
    .flat()
    .flatMap((paragraph) => (paragraph ?? "").split(/\r?\n|[\u2028\u2029]/u))
    // Escapes the end marker, so that text from a schema cannot end the comment.
    .map((paragraph) => paragraph.replaceAll("*/", "*\\/").trim())
    .filter((paragraph) => paragraph !== "");
  if (paragraphs.length === 0) return "";
  const [only = "", ...more] = paragraphs;
  const short = `${indent}/** ${only} */\n`;
  if (more.length === 0 && short.length <= WIDTH + 1) return short;
  const lines = paragraphs.flatMap((paragraph) => wrapped(paragraph, WIDTH - indent.length - 3));
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join("")}${indent} */\n`;
}

/** An exported alias of a union, with one member per line if they do not fit into one. */
export function unionType(name: string, members: readonly string[]): string {
  const short = `export type ${name} = ${members.join(" | ")};\n`;
  if (short.length <= WIDTH + 1) return short;
  return `export type ${name} =\n${members.map((member) => `  | ${member}`).join("\n")};\n`;
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/u)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
