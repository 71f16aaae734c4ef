/** Text for a comment or an issue. What made it has escaped markup already; this is the last line of defence. Pure. */

/** Most characters of a post. GitHub takes 65,536. */
const LONGEST = 60_000;

/**
 * The marker, then the text: cut, without control characters, and so that it notifies nobody and commands nothing. GitLab
 * obeys lines that begin with a slash (`/merge`, `/approve`) with the rights of the token that posts them.
 */
export function postText(marker: string, text: string): string {
  const clean = text
    .replaceAll(/\r\n?/g, "\n")
    .replaceAll(/(?![\n\t])\p{Cc}/gu, "\ufffd")
    .replaceAll(/^([^\S\n]*[>*+-]*[^\S\n]*)\//gmu, "$1\u200b/")
    .replaceAll("@", "@\u200b");
  const cut =
    clean.length <= LONGEST
      ? clean
      : `${clean.slice(0, LONGEST).toWellFormed()}\n\nThe text is cut here; the job's files have all of it.`;
  return `${marker}\n${cut.trimEnd()}\n`;
}
