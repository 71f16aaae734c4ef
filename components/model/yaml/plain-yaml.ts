import {
  EVENT_ID,
  type Event,
  getScalarValue,
  type MappingEvent,
  parseEvents,
  SCALAR_STYLE,
  type ScalarEvent,
  type SequenceEvent,
} from "js-yaml";
import type { PropertyPath } from "../problems/validation.ts";

/**
 * The quick way through a YAML file that holds nothing but what the formats here need: mappings, lists and scalars in
 * their usual shape, without a fault. The events of `js-yaml` take a tenth of what the `yaml` package takes, which also
 * describes faults. Whatever is unusual (a fault, a tag, an anchor, an escape, a missing value, a text over several
 * lines without `|` or `>`) gives `undefined`: then the package `yaml` reads the file and says what is wrong.
 * Never laxer than that package: a property test holds the two against each other on mutated files.
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
  // Line ends of other systems move no offset for the package `yaml` alone; a second document is its affair.
  if (text.includes("\r") || marker.test(text)) return undefined;
  let events: Event[];
  try {
    events = parseEvents(text, { maxDepth: maxDepth + 1 });
  } catch {
    // What it refuses, the other package refuses in the kit's words, or reads.
    return undefined;
  }
  const root = new PlainComposer(text, events, maxDepth).document();
  if (root === undefined) return undefined;
  return { value: root.value, offsetOf: (path, part) => offsetIn(root, path, part) };
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

/** A line that begins as markers of documents and directives do. */
const marker = /^(?:---|\.\.\.|%)/m;
/** Longest key that YAML allows without `?`. */
const maxKeyLength = 1_024;
/** Up to so many names a look through all of them is quicker than an index. */
const fewNames = 8;

/** Whole numbers that are written as JavaScript writes them. */
const plainInteger = /^(?:0|[1-9][0-9]{0,14})$/;
/** What the core schema takes for something else than text, other than those numbers, `true` and `false`. */
const notText =
  /^(?:~|null|Null|NULL|True|TRUE|False|FALSE|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
/** Between a key and a text after `|` or `>`: the colon, then that sign. */
const blockTextSign = /^ *: *(?=[|>])/;

/** A line of blanks alone: the packages do not agree whether it is text. */
const onlyBlanks = /^ +$/m;

/** Puts the events of one document together; each method gives undefined where the document is not plain. */
class PlainComposer {
  readonly #text: string;
  readonly #events: readonly Event[];
  readonly #maxDepth: number;
  #at = 0;

  constructor(text: string, events: readonly Event[], maxDepth: number) {
    this.#text = text;
    this.#events = events;
    this.#maxDepth = maxDepth;
  }

  document(): PlainNode | undefined {
    const start = this.#next();
    if (start?.type !== EVENT_ID.DOCUMENT) return undefined;
    const root = this.#node(this.#next(), -1, 0);
    // A text alone is no file of these formats, and its place has rules of its own.
    if (root?.children === undefined || this.#next()?.type !== EVENT_ID.POP) return undefined;
    return this.#at === this.#events.length ? root : undefined;
  }

  #next(): Event | undefined {
    return this.#events[this.#at++];
  }

  /** @param keyEnd - Where the key of this value ends, its quote included; -1: it has none. */
  #node(event: Event | undefined, keyEnd: number, depth: number): PlainNode | undefined {
    if (event === undefined || depth > this.#maxDepth) return undefined;
    switch (event.type) {
      case EVENT_ID.MAPPING:
        return hasProperties(event) ? undefined : this.#mapping(event.start, depth);
      case EVENT_ID.SEQUENCE:
        return hasProperties(event) ? undefined : this.#list(event.start, depth);
      case EVENT_ID.SCALAR:
        return hasProperties(event) ? undefined : this.#scalar(event, keyEnd);
      default:
        return undefined;
    }
  }

  #mapping(offset: number, depth: number): PlainNode | undefined {
    const value: Record<string, unknown> = {};
    const [names, children, keyOffsets]: [string[], PlainNode[], number[]] = [[], [], []];
    for (;;) {
      const event = this.#next();
      if (event?.type === EVENT_ID.POP) return { value, offset, names, children, keyOffsets };
      if (event?.type !== EVENT_ID.SCALAR || hasProperties(event)) return undefined;
      const key = this.#scalar(event, -1);
      if (key === undefined || typeof key.value !== "string") return undefined;
      const name = key.value;
      if (name === "__proto__" || name === "<<" || Object.hasOwn(value, name)) return undefined;
      const keyEnd = event.valueEnd + (event.style === SCALAR_STYLE.PLAIN ? 0 : 1);
      if (keyEnd - key.offset > maxKeyLength || !this.#hasColon(keyEnd)) return undefined;
      const child = this.#node(this.#next(), keyEnd, depth + 1);
      if (child === undefined) return undefined;
      value[name] = child.value;
      names.push(name);
      children.push(child);
      keyOffsets.push(key.offset);
    }
  }

  /** Whether the colon stands on the key's line: else the key has a question mark before it. */
  #hasColon(keyEnd: number): boolean {
    let at = keyEnd;
    while (this.#text.charCodeAt(at) === 0x20) at++;
    return this.#text.charCodeAt(at) === 0x3a;
  }

  #list(offset: number, depth: number): PlainNode | undefined {
    const [value, children]: [unknown[], PlainNode[]] = [[], []];
    for (;;) {
      const event = this.#next();
      if (event?.type === EVENT_ID.POP) return { value, offset, children };
      const child = this.#node(event, -1, depth + 1);
      if (child === undefined) return undefined;
      value.push(child.value);
      children.push(child);
    }
  }

  #scalar(event: ScalarEvent, keyEnd: number): PlainNode | undefined {
    if (event.valueStart === -1) return undefined;
    switch (event.style) {
      case SCALAR_STYLE.PLAIN: {
        if (!event.fast) return undefined;
        const value = plainValue(getScalarValue(this.#text, event));
        return value === undefined ? undefined : { value, offset: event.valueStart };
      }
      case SCALAR_STYLE.SINGLE_QUOTED:
      case SCALAR_STYLE.DOUBLE_QUOTED:
        // Without escapes, on one line.
        return event.fast ? { value: getScalarValue(this.#text, event), offset: event.valueStart - 1 } : undefined;
      default: {
        if (keyEnd === -1) return undefined;
        const sign = blockTextSign.exec(this.#text.slice(keyEnd, event.valueStart));
        if (sign === null || onlyBlanks.test(this.#text.slice(event.valueStart, event.valueEnd))) return undefined;
        return { value: getScalarValue(this.#text, event), offset: keyEnd + sign[0].length };
      }
    }
  }
}

/** Whether an anchor or a tag stands before it. */
function hasProperties({ anchorStart, tagStart }: MappingEvent | SequenceEvent | ScalarEvent): boolean {
  return anchorStart !== -1 || tagStart !== -1;
}

/** What a text without quotes means; undefined: not certain at first sight. */
function plainValue(source: string): string | number | boolean | undefined {
  if (plainInteger.test(source)) return Number(source);
  if (source === "true") return true;
  if (source === "false") return false;
  return notText.test(source) ? undefined : source;
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
