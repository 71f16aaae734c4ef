/**
 * Edits of hand-written YAML files. The parser finds locations; the text around an edit stays unchanged, byte for byte:
 * comments, order, alignment, flow style.
 */

import type { Node, Pair, YAMLMap } from "yaml";
import { isMap, isScalar, isSeq, parseDocument } from "yaml";
import { KitError } from "../errors.ts";

/** A piece of text that replaces the text from `start` to `end` (offsets; equal: it is inserted). */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** An entry of a mapping with its location in the text. */
export interface Entry {
  readonly key: string;
  /** Offset of the key's first character. */
  readonly start: number;
  /** Offset after the key. */
  readonly keyEnd: number;
  /** Offset after the value's last character; a comment after it does not belong to it. */
  readonly end: number;
  /** Offset of the value's first character. */
  readonly valueStart: number;
  readonly value: Node | null;
  /** Whether the mapping that contains it is written with braces. */
  readonly flow: boolean;
}

/** A YAML file whose entries can be found and added to. */
export class EditableYaml {
  readonly #root: YAMLMap;
  readonly #edits: Edit[] = [];
  readonly #text: string;
  readonly #path: string;

  /** @throws KitError `KIT_NEW_UNEDITABLE` when the file is not a YAML mapping. */
  constructor(path: string, text: string) {
    this.#path = path;
    this.#text = text;
    const document = parseDocument(text);
    const [fault] = document.errors;
    if (fault !== undefined) throw new KitError("KIT_NEW_UNEDITABLE", `${path}: ${fault.message}`);
    if (!isMap(document.contents)) throw new KitError("KIT_NEW_UNEDITABLE", `${path} holds no mapping`);
    this.#root = document.contents;
  }

  /** The text with all edits. */
  get text(): string {
    const ordered = [...this.#edits].sort((a, b) => b.start - a.start);
    return ordered.reduce(
      (text, edit) => `${text.slice(0, edit.start)}${edit.text}${text.slice(edit.end)}`,
      this.#text,
    );
  }

  /** The entry at a path of keys; undefined if a key does not exist. */
  find(path: readonly string[]): Entry | undefined {
    let map: YAMLMap | undefined = this.#root;
    let entry: Entry | undefined;
    for (const key of path) {
      entry = map === undefined ? undefined : entriesOf(map).find((candidate) => candidate.key === key);
      if (entry === undefined) return undefined;
      map = isMap(entry.value) ? entry.value : undefined;
    }
    return entry;
  }

  /** The entries of the mapping at a path, in the file's order. */
  entries(path: readonly string[]): readonly Entry[] {
    const value = path.length === 0 ? this.#root : this.find(path)?.value;
    return isMap(value) ? entriesOf(value) : [];
  }

  /** An entry's value as written. */
  source(entry: Entry): string {
    return this.#text.slice(entry.valueStart, entry.end);
  }

  /** Adds an entry with another key beside an existing one, in the same style. */
  addBeside(entry: Entry, key: string): void {
    const rest = this.#text.slice(entry.keyEnd, entry.end);
    if (entry.flow) this.#insert(entry.end, `, ${key}${rest}`);
    else this.#insertLines(entry.end, `${this.#indentOf(entry)}${key}${rest}`);
  }

  /** Adds lines after an entry of a block mapping, with the entry's indentation. */
  addLinesAfter(entry: Entry, lines: readonly string[]): void {
    if (entry.flow)
      throw new KitError(
        "KIT_NEW_UNEDITABLE",
        `${this.#path}: the mapping that holds ${entry.key} is written with braces`,
      );
    const indent = this.#indentOf(entry);
    this.#insertLines(entry.end, lines.map((line) => (line === "" ? "" : `${indent}${line}`)).join(this.#lineEnd));
  }

  /**
   * Adds an entry at the end of the mapping at a path, in the mapping's own style. Makes the mapping if it does not exist, as
   * the last entry of its parent.
   * @param value - In YAML's flow style, on one line.
   * @param below - Whether the value goes on a separate line, if the style allows it.
   */
  addEntry(path: readonly string[], key: string, value: string, below = false): void {
    const inline = `${key}: ${value}`;
    const lines = below ? [`${key}:`, `  ${value}`] : [inline];
    const holder = this.find(path);
    const sibling = this.entries(path).at(-1);
    if (sibling?.flow === true) this.#insert(sibling.end, `, ${inline}`);
    else if (sibling !== undefined) this.addLinesAfter(sibling, lines);
    else if (holder === undefined) this.#addHolder(path, inline, lines);
    else if (isMap(holder.value)) this.#insert(holder.valueStart + 1, inline);
    else if (holder.value === null || (isScalar(holder.value) && holder.value.value === null))
      this.#insertLines(holder.keyEnd, lines.map((line) => `${this.#indentOf(holder)}  ${line}`).join(this.#lineEnd));
    else throw new KitError("KIT_NEW_UNEDITABLE", `${this.#path}: ${path.join(".")} is no mapping`);
  }

  #addHolder(path: readonly string[], inline: string, lines: readonly string[]): void {
    const key = path.at(-1) ?? "";
    const sibling = this.entries(path.slice(0, -1)).at(-1);
    if (sibling === undefined)
      throw new KitError("KIT_NEW_UNEDITABLE", `${this.#path} has no ${path.slice(0, -1).join(".")} to add to`);
    if (sibling.flow) this.#insert(sibling.end, `, ${key}: {${inline}}`);
    else this.addLinesAfter(sibling, [`${key}:`, ...lines.map((line) => `  ${line}`)]);
  }

  /** Replaces an entry with lines. */
  replace(entry: Entry, lines: readonly string[]): void {
    this.#edits.push({ start: entry.start, end: entry.end, text: lines.join(this.#lineEnd) });
  }

  /** Adds lines at the end of the file. */
  append(lines: readonly string[]): void {
    this.#insertLines(this.#text.length, lines.join(this.#lineEnd));
  }

  /** Adds an item at the end of the list that is an entry's value. */
  addItem(entry: Entry, item: string): void {
    const list = entry.value;
    if (!isSeq(list)) throw new KitError("KIT_NEW_UNEDITABLE", `${this.#path}: ${entry.key} is no list`);
    const last = list.items.at(-1) as Node | undefined;
    if (last === undefined) this.#insert(entry.valueStart + 1, item);
    else if (list.flow === true) this.#insert(endOf(last), `, ${item}`);
    else this.#insertLines(endOf(last), `${" ".repeat(this.#column(startOf(last)) - 2)}- ${item}`);
  }

  #insert(offset: number, text: string): void {
    this.#edits.push({ start: offset, end: offset, text });
  }

  /** Inserts whole lines after the line that contains an offset. */
  #insertLines(offset: number, text: string): void {
    const lineEnd = this.#text.indexOf("\n", Math.max(0, offset - 1));
    if (lineEnd === -1)
      this.#insert(
        this.#text.length,
        `${this.#text.endsWith("\n") || this.#text === "" ? "" : this.#lineEnd}${text}${this.#lineEnd}`,
      );
    else this.#insert(lineEnd + 1, `${text}${this.#lineEnd}`);
  }

  #indentOf(entry: Entry): string {
    return " ".repeat(this.#column(entry.start));
  }

  #column(offset: number): number {
    return offset - (this.#text.lastIndexOf("\n", offset - 1) + 1);
  }

  get #lineEnd(): string {
    return this.#text.includes("\r\n") ? "\r\n" : "\n";
  }
}

/** The texts of a list's items, if it is a list of texts. */
export function itemsOf(value: Node | null): readonly string[] {
  return isSeq(value)
    ? value.items.flatMap((item) => (isScalar(item) && typeof item.value === "string" ? [item.value] : []))
    : [];
}

function entriesOf(map: YAMLMap): readonly Entry[] {
  return map.items.flatMap((pair: Pair): Entry[] => {
    const { key } = pair;
    const value = pair.value as Node | null;
    if (!isScalar(key) || key.range === undefined || key.range === null) return [];
    const [start, keyEnd] = key.range;
    const valueStart = value === null ? keyEnd : startOf(value);
    return [
      {
        key: String(key.value),
        start,
        keyEnd,
        valueStart,
        end: value === null ? keyEnd : endOf(value),
        value,
        flow: map.flow === true,
      },
    ];
  });
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

/** The range of a block collection extends to the next entry; its last leaf ends at its real end. */
function endOf(node: Node): number {
  if ((isMap(node) || isSeq(node)) && node.flow !== true) {
    const last: unknown = node.items.at(-1);
    const leaf = isMap(node) ? ((last as Pair | undefined)?.value ?? (last as Pair | undefined)?.key) : last;
    if (leaf !== undefined && leaf !== null) return endOf(leaf as Node);
  }
  return node.range?.[1] ?? 0;
}
