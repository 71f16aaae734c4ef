/** Lines of YAML in the style of the shipped files. Pure. */

/** Maximum line length before an entry goes below its key. */
const LINE_LENGTH = 110;
/** Location of a topic's services in a domain file. */
const SERVICE_INDENT = 6;

/** Whether the entry of a topic's service is so long that its value goes on a separate line. */
export function isLongService(service: string, value: string): boolean {
  return SERVICE_INDENT + `${service}: ${value}`.length > LINE_LENGTH;
}

/** The entry of a topic's service, not indented: on one line, or with its value below. */
export function serviceLines(service: string, value: string): readonly string[] {
  const key = plainOrQuoted(service);
  return isLongService(key, value) ? [`${key}:`, `  ${value}`] : [`${key}: ${value}`];
}

/** Producers or consumers of a topic, below the topic's key: each service with its value; nothing if there are none. */
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

/** Text that YAML reads as itself needs no quotes; text that it reads as a number or a keyword does. */
export function plainOrQuoted(text: string): string {
  return /^[A-Za-z][A-Za-z0-9 ,.;()'/_-]*$/.test(text) &&
    !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text) &&
    !text.endsWith(" ")
    ? text
    : JSON.stringify(text);
}
