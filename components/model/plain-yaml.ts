import { CST, Parser } from "yaml";
import type { PropertyPath } from "./validation.ts";

/**
 * The quick way through a YAML file that holds nothing but what the formats here need: mappings, lists and
 * scalars, without a fault. It reads the tokens of the `yaml` package's parser and leaves out its composer, which
 * costs more than half of the time and serves to describe faults. Whatever is unusual (a fault, a tag, an anchor, an
 * escape, a missing value) gives `undefined`: then the composer reads the file and says what is wrong.
 * Never laxer than the composer: a property test holds the two against each other on mutated files.
 */
export interface PlainYaml {
  readonly value: unknown;
  /** Offset of a value, or of its key; a path that is not there gives its nearest ancestor. */
  offsetOf(path: PropertyPath, part: "key" | "value"): number;
}

type Collection = CST.BlockMap | CST.BlockSequence | CST.FlowCollection;
type Scalar = CST.FlowScalar | CST.BlockScalar;
type Trivia = readonly CST.SourceToken[] | undefined;

/** A key or index with its value's token; list items have no key. */
interface Child {
  readonly key: CST.Token | undefined;
  readonly value: CST.Token;
}

/** Thrown inside this module only: the file is not plain. */
class NotPlain extends Error {}
const notPlain = new NotPlain("not plain");

/** Longest key that YAML allows without `?`. */
const maxKeyLength = 1_024;

/**
 * Reads a text that holds no tab and no invisible character.
 * @param maxDepth - More levels than this are not plain.
 */
export function readPlainYaml(text: string, maxDepth: number): PlainYaml | undefined {
  let root: CST.Token | undefined;
  try {
    for (const token of new Parser().parse(text)) {
      if (token.type === "comment" || token.type === "newline" || token.type === "space") continue;
      if (token.type !== "document" || root !== undefined || token.value === undefined || token.end !== undefined) return undefined;
      requireTrivia(token.start, true);
      root = token.value;
    }
    if (root === undefined || isScalar(root)) return undefined;
    const value = valueOf(root, 0, maxDepth);
    return { value, offsetOf: finder(root) };
  } catch (error) {
    // The parser works by recursion; the composer's way says so to the user.
    if (error === notPlain || error instanceof RangeError) return undefined;
    throw error;
  }
}

function valueOf(token: CST.Token, depth: number, maxDepth: number): unknown {
  if (isScalar(token)) return scalarOf(token);
  if (depth > maxDepth || !isCollection(token)) throw notPlain;
  if (token.type === "block-seq" || (token.type === "flow-collection" && token.start.source === "[")) {
    return childrenOf(token).map((child) => valueOf(child.value, depth + 1, maxDepth));
  }
  const object: Record<string, unknown> = {};
  for (const { key, value } of childrenOf(token)) {
    const name = keyOf(key);
    // Which of two equal keys is meant is the composer's to ask.
    if (Object.hasOwn(object, name)) throw notPlain;
    object[name] = valueOf(value, depth + 1, maxDepth);
  }
  return object;
}

/** What a collection holds, checked as far as the composer would. */
function childrenOf(token: Collection): Child[] {
  switch (token.type) {
    case "block-map": return token.items.flatMap((item) => blockPair(item, token.indent));
    case "block-seq": return token.items.flatMap(blockItem);
    case "flow-collection": return flowChildren(token);
  }
}

function blockPair(item: CST.BlockMap["items"][number], indent: number): Child[] {
  const { start, key, sep, value } = item;
  requireTrivia(start, true);
  // Comments at the end of a mapping stand in an item of their own.
  if (key === undefined && sep === undefined && value === undefined) return [];
  if (key === undefined || key === null || sep === undefined || value === undefined || !isScalar(key) || key.indent !== indent) throw notPlain;
  const onNewLine = requireSeparator(sep);
  if (!onNewLine && (value.type === "block-map" || value.type === "block-seq")) throw notPlain;
  return [{ key, value }];
}

function blockItem(item: CST.BlockSequence["items"][number]): Child[] {
  const { start, key, sep, value } = item;
  const place = start.findIndex((token) => token.type === "seq-item-ind");
  if (place === -1) {
    requireTrivia(start, true);
    if (key !== undefined || sep !== undefined || value !== undefined) throw notPlain;
    return [];
  }
  requireTrivia(start.slice(0, place), true);
  const after = start.slice(place + 1);
  requireTrivia(after, false);
  if (key !== undefined || sep !== undefined || value === undefined || value.type === "block-seq") throw notPlain;
  return [{ key: undefined, value }];
}

function flowChildren(token: CST.FlowCollection): Child[] {
  const isMap = token.start.source === "{";
  const [end, ...behind] = token.end;
  if (end?.source !== (isMap ? "}" : "]")) throw notPlain;
  requireTrivia(behind, false);
  return token.items.flatMap(({ start, key, sep, value }, index): Child[] => {
    const comma = start[0]?.type === "comma";
    if (comma !== index > 0) throw notPlain;
    requireTrivia(comma ? start.slice(1) : start, false);
    const empty = key === undefined && sep === undefined && value === undefined;
    // A comma before the closing bracket is allowed, or nothing between the two.
    if (empty && index === token.items.length - 1) return [];
    if (value === undefined || value.type === "block-map" || value.type === "block-seq") throw notPlain;
    if (!isMap) {
      if (key !== undefined || sep !== undefined) throw notPlain;
      return [{ key: undefined, value }];
    }
    if (key === undefined || key === null || sep === undefined || !isScalar(key)) throw notPlain;
    requireSeparator(sep);
    return [{ key, value }];
  });
}

/**
 * Checks what stands between a key and its value: one colon on the key's line, and white space behind it.
 * @returns whether the value begins on a line of its own.
 */
function requireSeparator(sep: readonly CST.SourceToken[]): boolean {
  const place = sep[0]?.type === "space" ? 1 : 0;
  if (sep[place]?.type !== "map-value-ind" || sep.length === place + 1) throw notPlain;
  const after = sep.slice(place + 1);
  requireTrivia(after, false);
  return after.some((token) => token.type === "newline");
}

/** Only blanks, line ends, and comments with a blank or line end before them. */
function requireTrivia(tokens: Trivia, spaceBefore: boolean): void {
  if (tokens === undefined) return;
  let space = spaceBefore;
  for (const { type } of tokens) {
    if (type === "space" || type === "newline") space = true;
    else if (type === "comment" && space) space = false;
    else throw notPlain;
  }
}

function isScalar(token: CST.Token): token is Scalar {
  return token.type === "scalar" || token.type === "double-quoted-scalar" || token.type === "single-quoted-scalar" || token.type === "block-scalar";
}

function isCollection(token: CST.Token): token is Collection {
  return token.type === "block-map" || token.type === "block-seq" || token.type === "flow-collection";
}

function keyOf(token: CST.Token | undefined): string {
  if (token === undefined || !isScalar(token) || token.type === "block-scalar" || token.source.length > maxKeyLength || token.source.includes("\n")) throw notPlain;
  const key = scalarOf(token);
  if (typeof key !== "string" || key === "<<" || key === "__proto__") throw notPlain;
  return key;
}

/** Words and numbers that YAML's core schema takes for something else than text; all but plain numbers and true/false are rare. */
const special = /^(?:~|null|Null|NULL|true|True|TRUE|false|False|FALSE|[-+]?(?:\.?[0-9].*)|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const plainInteger = /^(?:0|[1-9][0-9]{0,14})$/;
/** What the core schema reads as a number, and what is not certain at first sight. */
const otherNumber = /^(?:0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?[0-9]+)$/;

function scalarOf(token: Scalar): unknown {
  if (token.type === "block-scalar") {
    requireTrivia(token.props.slice(1).filter(isSourceToken), false);
    if (token.props[0]?.type !== "block-scalar-header") throw notPlain;
    return resolved(token);
  }
  const { source } = token;
  requireTrivia(token.end, false);
  if (token.type !== "scalar") {
    if (source.includes("\\") || source.includes("\n") || source.length < 2 || source.at(-1) !== source[0] || source.slice(1, -1).includes(source[0] ?? "")) throw notPlain;
    return source.slice(1, -1);
  }
  // A plain text over several lines is folded, and some characters may not begin one.
  if (source === "" || source.includes("\n") || /^[@`%|>,[\]{}&*!#?'"]/.test(source)) throw notPlain;
  if (!special.test(source)) return source;
  if (plainInteger.test(source)) return Number(source);
  if (source === "true") return true;
  if (source === "false") return false;
  if (/^[-+]?\.?[0-9]/.test(source) && !otherNumber.test(source)) return source;
  throw notPlain;
}

function isSourceToken(token: CST.Token): token is CST.SourceToken {
  return "source" in token;
}

function resolved(token: CST.BlockScalar): string {
  const scalar = CST.resolveAsScalar(token, true, () => { throw notPlain; });
  return scalar.value;
}

/** Looks places up in the tokens; what a collection holds is listed once, when somebody asks. */
function finder(root: CST.Token): PlainYaml["offsetOf"] {
  const known = new Map<CST.Token, ReadonlyMap<string, Child>>();
  const childrenByName = (token: CST.Token): ReadonlyMap<string, Child> | undefined => {
    if (!isCollection(token)) return undefined;
    const found = known.get(token) ?? new Map(childrenOf(token).map((child, index) => [child.key === undefined ? String(index) : keyOf(child.key), child]));
    known.set(token, found);
    return found;
  };
  return (path, part) => {
    let value = root;
    let keyOffset = 0;
    for (const step of path) {
      const child = childrenByName(value)?.get(String(step));
      if (child === undefined) break;
      // A list item has no key; its list stands in.
      keyOffset = (child.key ?? value).offset;
      value = child.value;
    }
    return part === "key" ? keyOffset : value.offset;
  };
}
