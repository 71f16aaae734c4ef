/**
 * What others wrote (a record, a broker, a registry, a database) as text for a terminal. A terminal obeys control
 * characters: they set the clipboard (OSC 52), move the cursor, hide text, or turn its direction round. So everything
 * that a person reads shows them as `\u001b`; JSON spells them the same way, where it means the exact character.
 */

/** Control characters, and those that cannot be seen: marks of direction, of width zero, of line ends that are none. */
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const CONTROL_BUT_LINE_END = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
/** A colour of this program's own, or one control character. */
const COLOUR_OR_CONTROL = /\u001b\[[\d;]*m|(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
/** As well what draws a list of steps over itself: cursor up, to a column, shown, hidden; parts of the screen cleared. */
const DRAWING_OR_CONTROL = /\u001b\[(?:[\d;]*[mABCDEFGHJKsu]|\?25[hl])|(?![\n\r\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** A text in which every control character can be seen: it stays in its line. */
export function terminalText(text: string): string {
  return text.replaceAll(CONTROL, spelled);
}

/** The same, but line ends end lines. */
export function terminalLines(text: string): string {
  return text.replaceAll(CONTROL_BUT_LINE_END, spelled);
}

/** A text that this program has coloured: colours and line ends stay. For text that is foreign as a whole, use {@link terminalText}. */
export function colouredText(text: string): string {
  return text.replaceAll(COLOUR_OR_CONTROL, (found) => (found.length > 2 ? found : spelled(found)));
}

/**
 * Plain data, such as a command's document, with every text in it as {@link terminalText}: what a report for people is
 * written from. Names of fields too; anything but plain data (bytes, dates) stays as it is.
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

/** JSON without a raw control character: the same document to every parser, and harmless to a terminal. Line ends between its parts stay. */
export function terminalJson(json: string): string {
  return json.replaceAll(CONTROL_BUT_LINE_END, spelled);
}

/** `\u` and four digits for each unit of UTF-16, which is how JSON spells a character too. */
function spelled(character: string): string {
  return Array.from(
    { length: character.length },
    (_, place) => `\\u${character.charCodeAt(place).toString(16).padStart(4, "0")}`,
  ).join("");
}

/**
 * A terminal that obeys colours and the drawing of steps and nothing else: the last line of defence, whatever a command
 * writes. A stream that is no terminal is given back as it is: its bytes may be a file.
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
