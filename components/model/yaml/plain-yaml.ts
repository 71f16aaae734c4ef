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
 * Fast parser for YAML files that contain only what the formats here need: mappings, lists and scalars in their usual
 * form, without faults. The events of `js-yaml` take a tenth of the time of the `yaml` package, which also describes
 * faults. Anything unusual (a fault, a tag, an anchor, an escape, a missing value, a multi-line text without `|` or
 * `>`) gives `undefined`. The `yaml` package then reads the file and reports the fault. This parser is never more
 * permissive than that package: a property test compares the two on mutated files.
 */
export interface PlainYaml {
  readonly value: unknown;
  /** Returns the offset of a value, or of its key. A path that does not exist gives the offset of its nearest parent. */
  offsetOf(path: PropertyPath, part: "key" | "value"): number;
}

/**
 * Reads a text without tabs and invisible characters; undefined if it is not plain.
 * @param maxDepth - A file with more levels is not plain.
 */
export function readPlainYaml(text: string, maxDepth: number): PlainYaml | undefined {
  // The `yaml` package adjusts offsets for the line ends of other systems, and handles a second document.
  if (text.includes("\r") || marker.test(text)) return undefined;
  let events: Event[];
  try {
    events = parseEvents(text, { maxDepth: maxDepth + 1 });
  } catch {
    // For a file that this parser refuses, the `yaml` package gives the error message, or reads it.
    return undefined;
  }
  const root = new PlainComposer(text, events, maxDepth).document();
  if (root === undefined) return undefined;
  return { value: root.value, offsetOf: (path, part) => offsetIn(root, path, part) };
}

/** A value with its offset. A collection also has the offsets of its contents, in its order. */
interface PlainNode {
  readonly value: unknown;
  readonly offset: number;
  readonly names?: readonly string[];
  readonly children?: readonly PlainNode[];
  /** Offsets of the keys. A list item has no key, so the offset of its list is used. */
  readonly keyOffsets?: readonly number[];
  /** Index of many names, built on the first lookup. */
  index?: ReadonlyMap<string, number>;
}

/** A line that starts like a document marker or a directive. */
const marker = /^(?:---|\.\.\.|%)/m;
/** Maximum length of a key that YAML allows without `?`. */
const maxKeyLength = 1_024;
/** Number of names up to which a linear search is faster than an index. */
const fewNames = 8;

/** Integers in JavaScript's own notation. */
const plainInteger = /^(?:0|[1-9][0-9]{0,14})$/;
/** Plain scalars that the core schema does not read as text, other than those integers, `true` and `false`. */
const notText =
  /^(?:~|null|Null|NULL|True|TRUE|False|FALSE|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
/** Text between a key and a block scalar: the colon, then `|` or `>`. */
const blockTextSign = /^ *: *(?=[|>])/;

/** A line that contains only blanks. The two packages disagree on whether it is text. */
const onlyBlanks = /^ +$/m;

/** Composes the events of one document to a value. Each method returns undefined if the document is not plain. */
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
    // None of these formats is a single scalar, and the location of one follows other rules.
    if (root?.children === undefined || this.#next()?.type !== EVENT_ID.POP) return undefined;
    return this.#at === this.#events.length ? root : undefined;
  }

  #next(): Event | undefined {
    return this.#events[this.#at++];
  }

  /**
   * Composes the value of one event.
   * @param keyEnd - Offset at which the key of this value ends, with its quote; -1 if it has none.
   */
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

  /** Returns whether the colon is on the key's line. If not, the key has a question mark before it. */
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

/** Returns whether an event has an anchor or a tag. */
function hasProperties({ anchorStart, tagStart }: MappingEvent | SequenceEvent | ScalarEvent): boolean {
  return anchorStart !== -1 || tagStart !== -1;
}

/** Returns the value of a plain scalar; undefined if it is ambiguous. */
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

/** Returns the position of the child with a name; -1 if there is none. */
function placeOf(node: PlainNode, name: string): number {
  if (node.names === undefined) return /^(?:0|[1-9][0-9]*)$/.test(name) ? Number(name) : -1;
  if (node.names.length <= fewNames) return node.names.indexOf(name);
  node.index ??= new Map(node.names.map((known, place) => [known, place]));
  return node.index.get(name) ?? -1;
}
