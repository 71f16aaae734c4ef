import { isMap, isScalar, parseDocument } from "yaml";
import type { PropertyPath } from "../problems/validation.ts";

/**
 * The quick way through a YAML file that holds nothing but what the formats here need: mappings, lists and scalars in
 * their usual shape, without a fault. One pass over the characters, a sixth of what the `yaml` package takes, most of
 * which serves to describe faults. Whatever is unusual (a fault, a tag, an anchor, an escape, a missing value, a text
 * over several lines) gives `undefined`: then the package reads the file and says what is wrong.
 * Never laxer than the package: a property test holds the two against each other on mutated files.
 */
export interface PlainYaml {
  readonly value: unknown;
  /** Offset of a value, or of its key; a path that is not there gives its nearest ancestor. */
  offsetOf(path: PropertyPath, part: "key" | "value"): number;
}

/**
 * Reads a text that holds no tab and no invisible character.
 * @param maxDepth - More levels than this are not plain.
 */
export function readPlainYaml(text: string, maxDepth: number): PlainYaml | undefined {
  // Line ends of other systems move no offset for the package alone.
  if (text.includes("\r")) return undefined;
  try {
    const root = new PlainReader(text, maxDepth).document();
    return { value: root.value, offsetOf: (path, part) => offsetIn(root, path, part) };
  } catch (error) {
    if (error === notPlain) return undefined;
    throw error;
  }
}

/** A value with its place; of a collection also those of what it holds, in its order. */
interface PlainNode {
  readonly value: unknown;
  readonly offset: number;
  readonly names?: readonly string[];
  readonly children?: readonly PlainNode[];
  /** Of the keys; a list item has none, its list stands in. */
  readonly keyOffsets?: readonly number[];
  /** Places of many names, made when the first is looked up. */
  index?: ReadonlyMap<string, number>;
}

/** Thrown inside this module only: the file is not plain. */
const notPlain = new Error("not plain");

/** Longest key that YAML allows without `?`. */
const maxKeyLength = 1_024;
/** Up to so many names a look through all of them is quicker than an index. */
const fewNames = 8;

/** Words and numbers that YAML's core schema takes for something else than text; all but plain numbers and true/false are rare. */
const special =
  /^(?:~|null|Null|NULL|true|True|TRUE|false|False|FALSE|[-+]?(?:\.?[0-9].*)|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const plainInteger = /^(?:0|[1-9][0-9]{0,14})$/;
/** What the core schema reads as a number, and what is not certain at first sight. */
const otherNumber =
  /^(?:0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?[0-9]+)$/;
/** A key as they are usually written, up to its colon. */
const usualKey = /[A-Za-z_][A-Za-z0-9_./-]*(?= *:(?: |$))/my;
/** What may not begin a plain text. */
const indicator = /[-?:,[\]{}#&*!|>'"%@`]/;
/** A plain text in a bracket ends before these. */
const flowEnd = /[,[\]{}#\n:]/g;

class PlainReader {
  readonly #text: string;
  readonly #maxDepth: number;
  /** Where reading goes on: in block context the first character of a line's content, or the end of the text. */
  #at = 0;
  /** Column of that content; -1 at the end of the text. */
  #indent = 0;

  constructor(text: string, maxDepth: number) {
    this.#text = text;
    this.#maxDepth = maxDepth;
  }

  document(): PlainNode {
    this.#toContent(0);
    if (this.#indent !== 0) throw notPlain;
    const root = this.#isBracket() ? this.#bracketLine(-1, 0) : this.#block(0);
    if (this.#at < this.#text.length) throw notPlain;
    return root;
  }

  /** Goes to the content of the next line that has one, from the beginning of a line. */
  #toContent(lineStart: number): void {
    const text = this.#text;
    let at = lineStart;
    for (;;) {
      const start = at;
      while (text.charCodeAt(at) === 0x20) at++;
      const code = text.charCodeAt(at);
      if (Number.isNaN(code)) {
        this.#at = text.length;
        this.#indent = -1;
        return;
      }
      if (code !== 0x0a && code !== 0x23) {
        this.#at = at;
        this.#indent = at - start;
        // A marker of documents, or a directive.
        if (this.#indent === 0 && (text.startsWith("---", at) || text.startsWith("...", at) || code === 0x25))
          throw notPlain;
        return;
      }
      at = this.#lineEnd(at) + 1;
    }
  }

  /** Where the line ends: at its line feed, or the end of the text. */
  #lineEnd(at: number): number {
    const end = this.#text.indexOf("\n", at);
    return end === -1 ? this.#text.length : end;
  }

  #skipBlanks(at: number): number {
    let place = at;
    while (this.#text.charCodeAt(place) === 0x20) place++;
    return place;
  }

  /** Whether nothing but a comment stands on the rest of a line; a comment wants a blank before it. */
  #isLineDone(at: number): boolean {
    const place = this.#skipBlanks(at);
    const code = this.#text.charCodeAt(place);
    return (
      Number.isNaN(code) || code === 0x0a || (code === 0x23 && (place > at || this.#text.charCodeAt(at - 1) === 0x20))
    );
  }

  /** Ends a line behind its last value and goes to the next content. */
  #endLine(at: number): void {
    if (!this.#isLineDone(at)) throw notPlain;
    this.#toContent(this.#lineEnd(at) + 1);
  }

  #isBracket(at = this.#at): boolean {
    const code = this.#text.charCodeAt(at);
    return code === 0x7b || code === 0x5b;
  }

  /** A dash with a blank or the line's end behind it. */
  #isItem(at = this.#at): boolean {
    if (this.#text.charCodeAt(at) !== 0x2d) return false;
    const next = this.#text.charCodeAt(at + 1);
    return next === 0x20 || next === 0x0a || Number.isNaN(next);
  }

  /** A mapping or list that begins at the present content. */
  #block(depth: number): PlainNode {
    if (depth > this.#maxDepth) throw notPlain;
    return this.#isItem() ? this.#list(this.#indent, depth) : this.#mapping(this.#indent, depth);
  }

  #mapping(indent: number, depth: number): PlainNode {
    const offset = this.#at;
    const value: Record<string, unknown> = {};
    const [names, children, keyOffsets]: [string[], PlainNode[], number[]] = [[], [], []];
    do {
      const keyOffset = this.#at;
      const name = this.#key();
      if (name === undefined || Object.hasOwn(value, name)) throw notPlain;
      const child = this.#value(indent, depth);
      value[name] = child.value;
      names.push(name);
      children.push(child);
      keyOffsets.push(keyOffset);
    } while (this.#indent === indent && !this.#isItem());
    if (this.#indent >= indent) throw notPlain;
    return { value, offset, names, children, keyOffsets };
  }

  #list(indent: number, depth: number): PlainNode {
    const offset = this.#at;
    const [value, children]: [unknown[], PlainNode[]] = [[], []];
    do {
      const dash = this.#at;
      const at = this.#skipBlanks(dash + 1);
      let child: PlainNode;
      if (this.#isLineDone(dash + 1)) {
        this.#endLine(dash + 1);
        if (this.#indent <= indent) throw notPlain;
        child = this.#isBracket() ? this.#bracketLine(indent, depth + 1) : this.#block(depth + 1);
      } else {
        this.#at = at;
        this.#indent = indent + at - dash;
        if (this.#isItem()) throw notPlain;
        child = this.#startsWithKey() ? this.#block(depth + 1) : this.#inline(indent, depth + 1);
      }
      value.push(child.value);
      children.push(child);
    } while (this.#indent === indent && this.#isItem());
    if (this.#indent > indent) throw notPlain;
    return { value, offset, children };
  }

  #startsWithKey(): boolean {
    usualKey.lastIndex = this.#at;
    return usualKey.test(this.#text);
  }

  /** Reads a key and its colon; undefined: there is none of the usual shape. */
  #key(): string | undefined {
    usualKey.lastIndex = this.#at;
    const name = usualKey.exec(this.#text)?.[0];
    if (name === undefined || name.length > maxKeyLength || name === "__proto__" || special.test(name))
      return undefined;
    this.#at = this.#skipBlanks(this.#at + name.length) + 1;
    return name;
  }

  /** What belongs to a key of a mapping at `indent`, from behind its colon. */
  #value(indent: number, depth: number): PlainNode {
    const behind = this.#at;
    if (!this.#isLineDone(behind)) {
      this.#at = this.#skipBlanks(behind);
      return this.#inline(indent, depth + 1);
    }
    this.#endLine(behind);
    // A list may stand below its key without being indented.
    if (this.#indent < indent || (this.#indent === indent && !this.#isItem())) throw notPlain;
    return this.#isBracket() ? this.#bracketLine(indent, depth + 1) : this.#block(depth + 1);
  }

  /** A value on the line of its key or dash; `indent` is that of the mapping or list. */
  #inline(indent: number, depth: number): PlainNode {
    if (this.#isBracket()) return this.#bracketLine(indent, depth);
    const offset = this.#at;
    const code = this.#text.charCodeAt(offset);
    if (code === 0x7c || code === 0x3e) return this.#blockText(indent);
    const node = code === 0x22 || code === 0x27 ? this.#quoted() : this.#plainLine();
    this.#endLine(this.#at);
    // A deeper line would go on with this text.
    if (this.#indent > indent) throw notPlain;
    return node;
  }

  /** A text after `|` or `>`, read by the package: folding has many rules, and such texts are few. */
  #blockText(indent: number): PlainNode {
    const offset = this.#at;
    if (!/^[|>][-+]?(?: *| +#.*)$/.test(this.#text.slice(offset, this.#lineEnd(offset)))) throw notPlain;
    let end = this.#lineEnd(offset);
    // Its lines are the deeper ones and the empty ones between them.
    for (let at = end + 1; at <= this.#text.length; at = this.#lineEnd(at) + 1) {
      const content = this.#skipBlanks(at);
      const empty = content === this.#text.length || this.#text.charCodeAt(content) === 0x0a;
      if (!empty && content - at <= indent) break;
      if (at < this.#text.length) end = this.#lineEnd(at);
    }
    const document = parseDocument(`k: ${this.#text.slice(offset, end + 1)}`, {
      prettyErrors: false,
      logLevel: "error",
    });
    const { contents } = document;
    const scalar = isMap(contents) && contents.items.length === 1 ? contents.items[0]?.value : undefined;
    if (
      document.errors.length > 0 ||
      document.warnings.length > 0 ||
      !isScalar(scalar) ||
      typeof scalar.value !== "string"
    )
      throw notPlain;
    this.#toContent(end + 1);
    if (this.#indent > indent) throw notPlain;
    return { value: scalar.value, offset };
  }

  /** A text in quotes on one line, without escapes. */
  #quoted(): PlainNode {
    const offset = this.#at;
    const quote = this.#text.charAt(offset);
    const end = this.#text.indexOf(quote, offset + 1);
    const value = this.#text.slice(offset + 1, end);
    if (end === -1 || value.includes("\n") || value.includes("\\") || this.#text.charAt(end + 1) === quote)
      throw notPlain;
    this.#at = end + 1;
    return { value, offset };
  }

  /** A text without quotes up to the line's end or a comment. */
  #plainLine(): PlainNode {
    const offset = this.#at;
    const line = this.#text.slice(offset, this.#lineEnd(offset));
    const comment = line.indexOf(" #");
    const source = (comment === -1 ? line : line.slice(0, comment)).trimEnd();
    if (source.includes(": ") || source.endsWith(":")) throw notPlain;
    this.#at = offset + source.length;
    return { value: plainValue(source), offset };
  }

  /** Brackets that are all of a value, up to the end of their line. `indent`: every further line of theirs is deeper. */
  #bracketLine(indent: number, depth: number): PlainNode {
    const node = this.#bracket(indent, depth);
    this.#endLine(this.#at);
    if (this.#indent > indent && indent !== -1) throw notPlain;
    return node;
  }

  /** Goes over blanks, comments and line ends inside brackets. */
  #toFlowContent(indent: number): void {
    for (;;) {
      const at = this.#skipBlanks(this.#at);
      if (!this.#isLineDone(this.#at)) {
        this.#at = at;
        return;
      }
      this.#toContent(this.#lineEnd(at) + 1);
      if (this.#indent <= indent) throw notPlain;
    }
  }

  #bracket(indent: number, depth: number): PlainNode {
    if (depth > this.#maxDepth) throw notPlain;
    const offset = this.#at;
    const isMapping = this.#text.charCodeAt(offset) === 0x7b;
    const close = isMapping ? 0x7d : 0x5d;
    const object: Record<string, unknown> = {};
    const [list, names, children, keyOffsets]: [unknown[], string[], PlainNode[], number[]] = [[], [], [], []];
    this.#at++;
    for (;;) {
      this.#toFlowContent(indent);
      if (this.#text.charCodeAt(this.#at) === close) break;
      if (isMapping) {
        keyOffsets.push(this.#at);
        const name = this.#key();
        if (name === undefined || Object.hasOwn(object, name)) throw notPlain;
        names.push(name);
        this.#toFlowContent(indent);
        const child = this.#flowValue(indent, depth + 1);
        object[name] = child.value;
        children.push(child);
      } else {
        const child = this.#flowValue(indent, depth + 1);
        list.push(child.value);
        children.push(child);
      }
      this.#toFlowContent(indent);
      const code = this.#text.charCodeAt(this.#at);
      if (code === close) break;
      if (code !== 0x2c) throw notPlain;
      this.#at++;
    }
    this.#at++;
    return isMapping ? { value: object, offset, names, children, keyOffsets } : { value: list, offset, children };
  }

  #flowValue(indent: number, depth: number): PlainNode {
    if (this.#isBracket()) return this.#bracket(indent, depth);
    const offset = this.#at;
    const code = this.#text.charCodeAt(offset);
    if (code === 0x22 || code === 0x27) {
      const node = this.#quoted();
      // A colon right behind quotes makes a key of them.
      if (this.#text.charCodeAt(this.#skipBlanks(this.#at)) === 0x3a) throw notPlain;
      return node;
    }
    for (flowEnd.lastIndex = offset; ; ) {
      const end = flowEnd.exec(this.#text)?.index ?? this.#text.length;
      const sign = this.#text.charCodeAt(end);
      if (sign === 0x3a && /[^\s,[\]{}]/.test(this.#text.charAt(end + 1))) continue;
      if (sign === 0x23 && this.#text.charCodeAt(end - 1) !== 0x20) continue;
      if (sign === 0x3a) throw notPlain;
      const source = this.#text.slice(offset, end).trimEnd();
      this.#at = offset + source.length;
      return { value: plainValue(source), offset };
    }
  }
}

/** What a text without quotes means. */
function plainValue(source: string): unknown {
  // A dash may begin a number or a word, but stands for more than itself when it is alone or comes in threes.
  const first = source.charAt(0);
  if (first === "" || (indicator.test(first) && (first !== "-" || !/^-[A-Za-z0-9.]/.test(source)))) throw notPlain;
  if (!special.test(source)) return source;
  if (plainInteger.test(source)) return Number(source);
  if (source === "true") return true;
  if (source === "false") return false;
  if (/^[-+]?\.?[0-9]/.test(source) && !otherNumber.test(source)) return source;
  throw notPlain;
}

function offsetIn(root: PlainNode, path: PropertyPath, part: "key" | "value"): number {
  let node = root;
  let keyOffset = 0;
  for (const step of path) {
    const place = placeOf(node, String(step));
    const child = node.children?.[place];
    if (child === undefined) break;
    keyOffset = node.keyOffsets?.[place] ?? node.offset;
    node = child;
  }
  return part === "key" ? keyOffset : node.offset;
}

/** Where a child of that name stands among its siblings; -1: there is none. */
function placeOf(node: PlainNode, name: string): number {
  if (node.names === undefined) return /^(?:0|[1-9][0-9]*)$/.test(name) ? Number(name) : -1;
  if (node.names.length <= fewNames) return node.names.indexOf(name);
  node.index ??= new Map(node.names.map((known, place) => [known, place]));
  return node.index.get(name) ?? -1;
}
