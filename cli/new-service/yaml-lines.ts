/** Lines of YAML as the shipped files have them. Pure. */

/** Longest line before an entry goes below its key. */
const LINE_LENGTH = 110;
/** Where the services of a topic stand in a domain file. */
const SERVICE_INDENT = 6;

/** Whether the entry of a service of a topic is long enough for its value to stand on a line of its own. */
export function isLongService(service: string, value: string): boolean {
  return SERVICE_INDENT + `${service}: ${value}`.length > LINE_LENGTH;
}

/** The entry of a service of a topic, not indented: in one line, or with its value below. */
export function serviceLines(service: string, value: string): readonly string[] {
  const key = plainOrQuoted(service);
  return isLongService(key, value) ? [`${key}:`, `  ${value}`] : [`${key}: ${value}`];
}

/** Who writes a topic, or who reads it, below the topic's key: each service with its value; nothing where there is none. */
export function accessLines(
  title: "producers" | "consumers",
  entries: readonly { readonly service: string; readonly value: string }[],
): readonly string[] {
  if (entries.length === 0) return [];
  return [
    `  ${title}:`,
    ...entries.flatMap(({ service, value }) => serviceLines(service, value)).map((line) => `    ${line}`),
  ];
}

/** A text that YAML reads as itself needs no quotes; one that it takes for a number, or for a word with a meaning, does. */
export function plainOrQuoted(text: string): string {
  return /^[A-Za-z][A-Za-z0-9 ,.;()'/_-]*$/.test(text) &&
    !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text) &&
    !text.endsWith(" ")
    ? text
    : JSON.stringify(text);
}
