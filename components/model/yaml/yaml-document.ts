import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from "yaml";
import { type Problem, sortProblems } from "../problems/problem.ts";
import type { ModelRule } from "../problems/rules.ts";
import type { SourceLocation } from "../problems/source-location.ts";
import type { Located, PropertyPath } from "../problems/validation.ts";
import { readPlainYaml } from "./plain-yaml.ts";

/** A YAML file as plain data, with the location of each value. */
export interface YamlDocument {
  readonly value: unknown;
  readonly at: Located;
}

/** Location of a value, of its key, and of its contents. */
interface Place {
  readonly offset: number;
  readonly keyOffset: number;
  readonly children: ReadonlyMap<string, Place>;
}

const noChildren: ReadonlyMap<string, Place> = new Map();

/** Maximum length of a line in characters. The parser's work grows with the square of the nesting within a line. */
const maxLineLength = 4_096;

/** Maximum number of reported YAML faults per file. More would not help a user. */
const maxProblems = 200;

/** Maximum depth, more than any format here needs. */
const maxDepth = 32;

/**
 * Reads one YAML file as plain data with locations. Besides invalid YAML, it refuses several documents, duplicate keys,
 * anchors, aliases, explicit tags, keys that are not plain text, and control characters.
 */
export function readYaml(file: string, text: string): { document?: YamlDocument; problems: Problem[] } {
  const problems: Problem[] = [];
  const lines = new LineCounter();
  const at = (offset: number): SourceLocation => {
    const { line, col } = lines.linePos(Math.max(0, Math.min(offset, text.length)));
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const report = (rule: ModelRule, offset: number, message: string, fix?: string): void => {
    if (problems.length >= maxProblems) return;
    problems.push({ rule, ...at(offset), message, ...(fix === undefined ? {} : { fix }) });
  };

  const conflict = findConflict(text);
  if (conflict !== undefined) {
    countLines(lines, text);
    report("yaml-syntax", conflict, conflictMessage, conflictFix);
    return { problems };
  }
  const loneReturn = text.search(/\r(?!\n)/);
  if (loneReturn !== -1) {
    countLines(lines, text);
    report(
      "control-character",
      loneReturn,
      "a carriage return stands here without a line feed: readers disagree whether it ends the line",
      "save the file with the line ends of Unix (LF)",
    );
    return { problems };
  }
  const hidden = findHiddenCharacter(text);
  const tooDeep = findTooDeep(text);
  const longLine = findLongLine(text);
  if (hidden !== undefined || tooDeep !== undefined || longLine !== undefined) {
    // The lines are counted here, because such a file is not passed to the parser.
    countLines(lines, text);
    if (hidden !== undefined)
      report("control-character", hidden, `the character ${codePoint(text, hidden)} is invisible`, "delete it");
    if (longLine !== undefined)
      report(
        "file-too-large",
        longLine,
        `this line has more than ${maxLineLength} characters`,
        "put each entry on a line of its own",
      );
    if (tooDeep !== undefined)
      report(
        "yaml-too-deep",
        tooDeep,
        `more than ${maxDepth} brackets are open here`,
        "the format needs five levels at most",
      );
    return { problems };
  }

  const plain = text.includes("\t") ? undefined : readPlainYaml(text, maxDepth);
  if (plain !== undefined) {
    countLines(lines, text);
    return {
      document: { value: plain.value, at: { place: (path, part = "value") => at(plain.offsetOf(path, part)) } },
      problems,
    };
  }

  let parsed: Document.Parsed;
  try {
    parsed = withoutStackTraces(() =>
      parseDocument(text, {
        lineCounter: lines,
        prettyErrors: false,
        strict: true,
        uniqueKeys: false,
        merge: false,
        version: "1.2",
        schema: "core",
        logLevel: "error",
      }),
    );
  } catch (error) {
    // The parser is recursive: nesting without brackets can exhaust the stack.
    if (!(error instanceof RangeError)) throw error;
    report(tooDeepForParser.rule, 0, tooDeepForParser.message, tooDeepForParser.fix);
    return { problems };
  }
  // After a tab, the parser sees other levels than the author. The other faults that it reports follow from that.
  const tabs = parsed.errors.filter(({ code }) => code === "TAB_AS_INDENT");
  // An unclosed quote swallows the ends of everything around it, so the other faults follow from it.
  const quotes = parsed.errors.filter(({ message }) => missingQuote.test(message));
  const openQuote = openQuotes(parsed);
  const causes = [tabs, quotes].find((found) => found.length > 0) ?? [...parsed.errors, ...parsed.warnings];
  for (const error of causes.slice(0, maxProblems)) {
    const known = describeYamlError(error);
    report(known.rule, openQuote(error) ?? error.pos[0], known.message, known.fix);
  }

  const mayHaveTags = text.includes("!");
  const walk = (node: Node | null | undefined, keyOffset: number, depth: number): { value: unknown; place: Place } => {
    const offset = node?.range?.[0] ?? keyOffset;
    const leaf = (value: unknown) => ({ value, place: { offset, keyOffset, children: noChildren } });
    if (node === null || node === undefined) return leaf(null);
    if (isAlias(node)) {
      report(
        "yaml-alias",
        offset,
        `the alias *${node.source} stands for a value written elsewhere`,
        "write the value here",
      );
      return leaf(undefined);
    }
    if ("anchor" in node && typeof node.anchor === "string")
      report(
        "yaml-alias",
        offset,
        `the anchor &${node.anchor} marks a value for reuse`,
        "delete the anchor and write each value where it is used",
      );
    if (mayHaveTags && node.tag !== undefined && hasExplicitTag(text, node))
      report("yaml-tag", offset, `the tag ${node.tag} sets a type by hand`, "delete the tag");
    if (depth > maxDepth) {
      report("yaml-too-deep", offset, `more than ${maxDepth} levels`, "the format needs five levels at most");
      return leaf(undefined);
    }
    if (isScalar(node)) {
      if (typeof node.value === "string") {
        const inside = findHiddenCharacter(node.value);
        if (inside !== undefined)
          report(
            "control-character",
            offset,
            `the text holds the invisible character ${codePoint(node.value, inside)}`,
            "delete it",
          );
      }
      const written = node.source;
      if (typeof node.value === "number" && typeof written === "string" && written !== String(node.value)) {
        report(
          "wrong-type",
          offset,
          `${written} is read as the number ${node.value}`,
          `write ${node.value}, or ${JSON.stringify(written)} in quotes if it is a text`,
        );
      }
      return leaf(node.value);
    }
    const children = new Map<string, Place>();
    if (isSeq(node)) {
      const items = node.items.map((item, index) => {
        const child = walk(isPair(item) ? undefined : (item as Node), offset, depth + 1);
        children.set(String(index), child.place);
        return child.value;
      });
      return { value: items, place: { offset, keyOffset, children } };
    }
    if (!isMap(node)) return leaf(undefined);
    const object: Record<string, unknown> = {};
    for (const pair of node.items) {
      const key = pair.key as Node | null;
      const place = key?.range?.[0] ?? offset;
      if (!isScalar(key) || (typeof key.value !== "string" && typeof key.value !== "number")) {
        if (isAlias(key))
          report("yaml-alias", place, `the alias *${key.source} stands for a key`, "write the key here");
        else report("wrong-type", place, "a key must be plain text", "write it as a word, in quotes if needed");
        continue;
      }
      // The key as it is written: the number 1.10 would become 1.1.
      const name = typeof key.value === "number" ? (key.source ?? String(key.value)) : key.value;
      if (key.anchor !== undefined)
        report("yaml-alias", place, `the anchor &${key.anchor} marks a key for reuse`, "delete the anchor");
      if (name === "<<") {
        report("yaml-alias", place, "the merge key << brings in values written elsewhere", "write the values here");
        continue;
      }
      const hiddenInKey = findHiddenCharacter(name);
      if (name === "__proto__" || hiddenInKey !== undefined) {
        report(
          hiddenInKey === undefined ? "unknown-key" : "control-character",
          place,
          `the key ${JSON.stringify(name)} is not allowed`,
          "delete it",
        );
        continue;
      }
      // Duplicates are checked here, because the parser compares each key with all earlier ones.
      if (children.has(name))
        report(
          "yaml-duplicate-key",
          place,
          `the key ${JSON.stringify(name)} stands twice in this mapping`,
          "delete or rename one of them",
        );
      const child = walk(pair.value as Node | null, place, depth + 1);
      children.set(name, child.place);
      object[name] = child.value;
    }
    return { value: object, place: { offset, keyOffset, children } };
  };

  if (parsed.errors.length > 0) return { problems: sortProblems(problems) };
  const root = walk(parsed.contents as Node | null, 0, 0);
  const document: YamlDocument = {
    value: root.value,
    at: {
      place(path, part = "value") {
        const found = findPlace(root.place, path);
        return at(part === "key" ? found.keyOffset : found.offset);
      },
    },
  };
  return problems.length > 0 ? { document, problems: sortProblems(problems) } : { document, problems };
}

/** Returns where a text stops being JSON; undefined if unknown. V8 states the location in some of its errors only. */
export function findJsonFault(text: string): { readonly line: number; readonly column: number } | undefined {
  if (findTooDeep(text) !== undefined || findLongLine(text) !== undefined) return undefined;
  const lines = new LineCounter();
  const [fault] = withoutStackTraces(() =>
    parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: false,
      schema: "json",
      logLevel: "error",
    }),
  ).errors;
  if (fault === undefined) return undefined;
  const { line, col } = lines.linePos(fault.pos[0]);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

/**
 * Parses without stack traces. The package makes an error object for each fault, even if a file has 100,000 of them.
 * Their stack traces would take half of the time.
 */
function withoutStackTraces<T>(parse: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return parse();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Returns the location of a path, or of its nearest parent in the file. */
function findPlace(root: Place, path: PropertyPath): Place {
  let place = root;
  for (const step of path) {
    const child = place.children.get(String(step));
    if (child === undefined) return place;
    place = child;
  }
  return place;
}

function describeYamlError(error: YAMLError): { rule: ModelRule; message: string; fix?: string } {
  // The error has the code that was current when the stack overflowed, so the message is tested instead.
  if (/call stack/.test(error.message)) return tooDeepForParser;
  switch (error.code) {
    case "TAB_AS_INDENT":
      return { rule: "yaml-tab", message: "a tab is used as indentation", fix: "indent with spaces" };
    case "TAG_RESOLVE_FAILED":
      return { rule: "yaml-tag", message: error.message, fix: "delete the tag" };
    case "BAD_ALIAS":
    case "ALIAS_PROPS":
    case "MULTIPLE_ANCHORS":
      return { rule: "yaml-alias", message: error.message, fix: "write the value where it is used" };
    case "MULTIPLE_DOCS":
      return {
        rule: "yaml-syntax",
        message: "a second document begins here",
        fix: "keep one document in each file: delete the line ---",
      };
    case "RESOURCE_EXHAUSTION":
      return tooDeepForParser;
    default:
      return {
        rule: "yaml-syntax",
        message: missingQuote.test(error.message) ? "the quote that opens here is not closed" : error.message,
        fix: syntaxFix(error),
      };
  }
}

const tooDeepForParser = {
  rule: "yaml-too-deep",
  message: "the file nests too deeply to be read",
  fix: "the format needs five levels at most",
} as const;

const missingQuote = /^Missing closing ["']quote/;

/**
 * Finds the opening quote of an error about a missing quote. The texts are collected once, on the first such error,
 * because a file can have one on each line.
 */
function openQuotes(parsed: Document.Parsed): (error: YAMLError) => number | undefined {
  let texts: (readonly [start: number, end: number])[] | undefined;
  return ({ message, pos: [missedAt] }) => {
    if (!missingQuote.test(message)) return undefined;
    if (texts === undefined) {
      const found: (readonly [number, number])[] = [];
      visit(parsed, {
        Scalar: (_key, { range }) => void (range !== undefined && range !== null && found.push([range[0], range[2]])),
      });
      texts = found.sort(([a], [b]) => a - b);
    }
    // Texts do not overlap, so only the last one that starts before the location can contain it.
    let [low, high] = [0, texts.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((texts[middle]?.[0] ?? 0) < missedAt) low = middle + 1;
      else high = middle;
    }
    const opened = texts[low - 1];
    return opened !== undefined && opened[1] >= missedAt ? opened[0] : undefined;
  };
}

function syntaxFix({ code, message }: YAMLError): string {
  switch (code) {
    case "BAD_INDENT":
      return "indent it like its neighbours";
    case "BAD_DQ_ESCAPE":
      return "write \\\\ for a backslash, or use single quotes";
    case "BLOCK_AS_IMPLICIT_KEY":
    case "MULTILINE_IMPLICIT_KEY":
      return "write one `key: value` a line, with a blank after the colon; a text that holds ': ' goes into quotes";
    case "MISSING_CHAR":
      return missingQuote.test(message)
        ? "close it, on the same line"
        : "write `key: value`, with a blank after the colon, and close every bracket";
    default:
      return "put a text with one of : # [ ] { } & * ! | > % @ into quotes";
  }
}

/**
 * Returns whether a node has an explicit tag. Resolved nodes carry a tag as well; an explicit one has its `!` directly
 * before the value.
 */
function hasExplicitTag(text: string, node: Node): boolean {
  const start = node.range?.[0] ?? 0;
  return (
    /![^\s,[\]{}]*[ \t]*(?:\r?\n[ \t]*)?$/.test(text.slice(Math.max(0, start - 200), start)) || text[start] === "!"
  );
}

/** Returns the index of the first merge-conflict marker of git; undefined if there is none. */
export function findConflict(text: string): number | undefined {
  const found = text.search(/^(?:<{7}|>{7}) /m);
  return found === -1 ? undefined : found;
}

/** Message for what {@link findConflict} finds. */
export const conflictMessage = "a merge conflict stands here";
export const conflictFix = "keep what is right, and delete the lines that begin with <<<<<<<, ======= and >>>>>>>";

/** Characters that {@link findHiddenCharacter} finds. */
const HIDDEN =
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: combining characters are looked for one by one.
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]|\p{Surrogate}/u;

/**
 * Returns the index of the first hidden character, or undefined: a control character (other than tab, line feed,
 * carriage return), a character that changes the direction or order of the surrounding text, a zero-width space, or a
 * lone surrogate.
 */
export function findHiddenCharacter(text: string): number | undefined {
  const found = HIDDEN.exec(text);
  return found === null ? undefined : found.index;
}

/**
 * Returns the index at which more flow brackets are open than in any valid file; undefined if there is none. Deeper
 * nesting would exhaust the parser's stack.
 */
export function findTooDeep(text: string): number | undefined {
  let open = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x5b || code === 0x7b) {
      open++;
      // Brackets in quoted text and comments are counted too. Four times the limit leaves room for them.
      if (open > maxDepth * 4) return index;
    } else if ((code === 0x5d || code === 0x7d) && open > 0) open--;
  }
  return undefined;
}

function findLongLine(text: string): number | undefined {
  let start = 0;
  while (start < text.length) {
    const end = text.indexOf("\n", start);
    const length = (end === -1 ? text.length : end) - start;
    if (length > maxLineLength) return start;
    start += length + 1;
  }
  return undefined;
}

function countLines(lines: LineCounter, text: string): void {
  lines.addNewLine(0);
  for (let index = text.indexOf("\n"); index !== -1; index = text.indexOf("\n", index + 1)) lines.addNewLine(index + 1);
}

function codePoint(text: string, index: number): string {
  return `U+${(text.codePointAt(index) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}
