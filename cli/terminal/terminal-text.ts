/**
 * Makes text from outside (a record, a broker, a registry, a database) safe for a terminal. A terminal executes control
 * characters: they set the clipboard (OSC 52), move the cursor, hide text, or reverse its direction. All output for people
 * therefore shows them as `\u001b`. JSON escapes them in the same way and keeps its meaning.
 */

/** Control characters, and invisible ones: direction marks, zero-width characters, unusual line ends. */
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const CONTROL_BUT_LINE_END = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
/** A colour of this program, or one control character. */
const COLOUR_OR_CONTROL = /\u001b\[[\d;]*m|(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
/**
 * Also the sequences with which a list of steps redraws itself: cursor up, cursor to a column, show and hide cursor, clear
 * parts of the screen.
 */
const DRAWING_OR_CONTROL = /\u001b\[(?:[\d;]*[mABCDEFGHJKsu]|\?25[hl])|(?![\n\r\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** A text with all control characters visible: it stays on its line. */
export function terminalText(text: string): string {
  return text.replaceAll(CONTROL, spelled);
}

/** The same, but line ends end lines. */
export function terminalLines(text: string): string {
  return text.replaceAll(CONTROL_BUT_LINE_END, spelled);
}

/**
 * A text that this program has coloured: colours and line ends stay. For text that comes entirely from outside, use {@link
 * terminalText}.
 */
export function colouredText(text: string): string {
  return text.replaceAll(COLOUR_OR_CONTROL, (found) => (found.length > 2 ? found : spelled(found)));
}

/**
 * Plain data, such as a command's document, with {@link terminalText} applied to every text, for reports. Applies to names of
 * fields too; values other than plain data (bytes, dates) stay unchanged.
 */
export function forTerminal<T>(value: T): T {
  return shown(value) as T;
}

function shown(value: unknown): unknown {
  if (typeof value === "string") return terminalText(value);
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value !== "object" || value === null) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [terminalText(name), shown(field)]));
}

/**
 * JSON without a raw control character: the same document for every parser, and harmless on a terminal. Line ends between its
 * parts stay.
 */
export function terminalJson(json: string): string {
  return json.replaceAll(CONTROL_BUT_LINE_END, spelled);
}

/** `\u` and four digits for each UTF-16 code unit, as in JSON. */
function spelled(character: string): string {
  return Array.from(
    { length: character.length },
    (_, place) => `\\u${character.charCodeAt(place).toString(16).padStart(4, "0")}`,
  ).join("");
}

/**
 * A terminal that accepts only colours and the drawing of steps: the last safeguard, whatever a command writes. A stream that
 * is not a terminal is returned unchanged, because its bytes may go to a file.
 */
export function guardedTerminal(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  if (stream.isTTY !== true) return stream;
  const write = (chunk: unknown, ...rest: unknown[]): unknown => {
    const safe =
      typeof chunk === "string"
        ? chunk.replaceAll(DRAWING_OR_CONTROL, (found) => (found.startsWith("\u001b[") ? found : spelled(found)))
        : chunk;
    return Reflect.apply(stream.write, stream, [safe, ...rest]);
  };
  return new Proxy(stream, {
    get(target, name) {
      if (name === "write") return write;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
    set: (target, name, value) => Reflect.set(target, name, value, target),
  });
}
