/** A record's content for people. */
import type { CommandContext } from "../context.ts";
import { colorsFor } from "../terminal/output.ts";
import { terminalLines, terminalText } from "../terminal/terminal-text.ts";
import type { Content } from "./content.ts";
import { hexDump } from "./content.ts";

/** Most bytes of a value that are dumped. */
const DUMP_LIMIT = 512;

/**
 * Writes the content, decoded or as a dump.
 * @param bytes - Bytes to dump when the content could not be decoded; undefined: nothing.
 */
export function writeContent(context: CommandContext, bytes: Buffer | undefined, content: Content): void {
  const colors = colorsFor(context.stdout, context.env);
  const indent = (text: string): string =>
    text
      .split("\n")
      .map((line) => `  ${line}`)
      .join("\n");
  if (content.kind === "empty") context.stdout.write(`\n${colors.bold("Content")}\n  none\n`);
  else if (content.kind === "avro") {
    context.stdout.write(
      `\n${colors.bold("Content")} ${terminalText(content.record)}, schema ${content.schemaId}, ${content.bytes} bytes\n${indent(terminalLines(JSON.stringify(content.value, null, 2)))}\n`,
    );
  } else {
    context.stdout.write(
      `\n${colors.bold("Content")} ${content.bytes} bytes, not decoded: ${terminalText(content.why)}\n${indent(hexDump(bytes ?? Buffer.alloc(0), DUMP_LIMIT))}\n`,
    );
  }
}
