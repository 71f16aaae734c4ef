import { compareText, type Problem } from "../problems/problem.ts";
import type { ModelRule } from "../problems/rules.ts";
import { closest } from "../problems/suggestion.ts";
import { type FileRefusal, maxSourceBytes, type SourceFile, schemasFolder, topicsFolder } from "../source-file.ts";
import type { SchemaReferences, SharedType } from "../types.ts";
import {
  conflictFix,
  conflictMessage,
  findConflict,
  findHiddenCharacter,
  findJsonFault,
  findTooDeep,
  readYaml,
} from "../yaml/yaml-document.ts";
import { nameOfNamedType } from "./avro-names.ts";
import { type AvroReading, type AvroSharedType, readAvroSchema, readSharedType } from "./avro-schema.ts";
import type { SharedLookup } from "./avro-schema-reader.ts";
import { readJsonEventSchema } from "./json-event-schema.ts";
import { findDuplicateKey } from "./json-keys.ts";
import { readProtobufSchema } from "./protobuf-event-schema.ts";
import { formatOf } from "./schema-format.ts";

/** The schema of an event. */
export interface EventSchema {
  /** Full name of the record. */
  readonly record: string;
  /** Names of the record's own fields, in order. */
  readonly fields: readonly string[];
  /** As {@link EventDeclaration.schema}. */
  readonly schema: string;
  readonly references?: SchemaReferences;
}

/** Result of looking up a reference to a schema file. */
export type SchemaLookup =
  | { readonly ok: true; readonly value: EventSchema }
  | { readonly ok: false; readonly rule: ModelRule; readonly message: string; readonly fix?: string };

/** Maximum length of a chain of schema files that refer to each other. */
const maxChain = 32;

/** The available schema files. Each is read once, however many events refer to it. */
export class SchemaFiles {
  readonly #files: ReadonlyMap<string, SourceFile>;
  /** References to files that were read and have faults. */
  readonly #faulty = new Set<string>();
  readonly #read = new Map<string, EventSchema | Problem>();
  /**
   * Schemas by folder and by file name, for suggestions. A typo is in one of the two, and a comparison with all schemas
   * would take too long.
   */
  readonly #neighbours: ReadonlyMap<string, readonly string[]>;
  /**
   * Paths of the files by the full name of their outermost type. The index is built when a schema first refers to
   * another file.
   */
  #pathsByName: ReadonlyMap<string, readonly string[]> | undefined;
  readonly #shared = new Map<string, AvroSharedType | Problem>();
  /** One object per shared type, however many schemas refer to it. */
  readonly #types = new Map<string, SharedType>();
  /** Names of the shared types that are being read, outermost first. */
  readonly #open: string[] = [];

  constructor(files: readonly SourceFile[]) {
    this.#files = new Map(files.map((file) => [file.path, file]));
    const references = files.map((file) => file.path.slice(topicsFolder.length + 1));
    this.#neighbours = new Map([...Map.groupBy(references, folderOf), ...Map.groupBy(references, fileNameOf)]);
  }

  /** Problems within the schema files that were looked up. */
  get problems(): Problem[] {
    return [...this.#read.values(), ...this.#shared.values()].filter((entry): entry is Problem => "rule" in entry);
  }

  /** Returns the files whose outermost type has a full name. More than one is an error. */
  filesDefining(name: string): readonly (SourceFile | undefined)[] {
    return (this.#paths().get(name) ?? []).map((path) => this.#files.get(path));
  }

  /**
   * Returns whether a reference is to a file that was looked up and has a fault of its own, which is among the
   * {@link problems}.
   */
  isFaulty(reference: string): boolean {
    return this.#faulty.has(reference);
  }

  /** Returns the file that a reference names, whether it was already read or not; undefined if it does not exist. */
  file(reference: string): SourceFile | undefined {
    return this.#files.get(`${topicsFolder}/${reference}`);
  }

  /**
   * Finds the schema that a domain file refers to.
   * @param reference - Path relative to `topics/`, as written.
   */
  find(reference: string): SchemaLookup {
    if (hasHiddenCharacter(reference))
      return {
        ok: false,
        rule: "control-character",
        message: `the path ${JSON.stringify(reference)} has control or invisible characters`,
        fix: "rename the file: letters, digits, '.', '_', '-' and '/' between folders",
      };
    const outside = leavesFolder(reference);
    if (outside !== undefined)
      return {
        ok: false,
        rule: "file-outside",
        message: `the path ${JSON.stringify(reference)} ${outside}`,
        fix: "write a path below topics/, such as schemas/order/OrderCreated.avsc",
      };
    if (!reference.startsWith(schemasFolder) || !/\.(?:avsc|json|proto)$/.test(reference)) {
      return {
        ok: false,
        rule: "file-misplaced",
        message: `${JSON.stringify(reference)} is not below ${schemasFolder}, or does not end in .avsc, .json or .proto`,
        fix: `move it to ${topicsFolder}/${schemasFolder}<domain>/<Record>.avsc`,
      };
    }
    const path = `${topicsFolder}/${reference}`;
    const file = this.#files.get(path);
    if (file === undefined || ("refused" in file && file.refused === "not-found")) {
      const meant = closest(reference, [
        ...(this.#neighbours.get(folderOf(reference)) ?? []),
        ...(this.#neighbours.get(fileNameOf(reference)) ?? []),
      ]);
      return {
        ok: false,
        rule: "schema-missing",
        message: `there is no file ${path}`,
        fix:
          meant === undefined
            ? "create the schema, or correct the path"
            : `did you mean ${JSON.stringify(meant)}? Else create the schema`,
      };
    }
    const found = this.#read.get(path) ?? this.#readFile(file);
    this.#read.set(path, found);
    if (!("rule" in found)) return { ok: true, value: found };
    this.#faulty.add(reference);
    return { ok: false, rule: "schema-invalid", message: `the schema ${path} can't be used: ${found.message}` };
  }

  #readFile(file: SourceFile): EventSchema | Problem {
    if (formatOf(file.path) === "protobuf") return this.#readProtobuf(file);
    if (formatOf(file.path) === "json") return this.#parsed(file, readJsonEventSchema);
    const read = this.#parsed(file, (json) => readAvroSchema(json, this.#lookup));
    if ("rule" in read) return read;
    const { sharing, ...record } = read;
    return sharing === undefined
      ? record
      : { ...record, references: { schema: sharing.schema, types: this.#typesOf(sharing.names) } };
  }

  #readProtobuf(file: SourceFile): EventSchema | Problem {
    if ("refused" in file) return unreadable(file);
    const { path, text } = file;
    const fault = textFaultOf(file);
    if (fault !== undefined) return fault;
    const read = readProtobufSchema(text);
    if (!read.ok) {
      const { message, fix, line = 1 } = read.problem;
      return { rule: "schema-invalid", file: path, line, column: 1, message, ...(fix === undefined ? {} : { fix }) };
    }
    const { record, messages } = read.value;
    // Protobuf does not write numbers and texts with their default value. A field that is absent for this reason still
    // has a value, so it can be the key.
    return {
      record,
      fields: (messages.get(record)?.fields ?? []).filter(({ label }) => label === undefined).map(({ name }) => name),
      schema: text,
    };
  }

  #typesOf(names: readonly string[]): SharedType[] {
    return names.flatMap((name) => this.#typeOf(name) ?? []);
  }

  #typeOf(name: string): SharedType | undefined {
    const known = this.#types.get(name);
    const type = this.#shared.get(name);
    const [path] = this.#paths().get(name) ?? [];
    if (known !== undefined || type === undefined || "rule" in type || path === undefined) return known;
    const made: SharedType = {
      name,
      schemaPath: path.slice(topicsFolder.length + 1),
      schema: type.schema,
      selfContained: type.selfContained,
      types: this.#typesOf(type.names),
      source: { file: path, line: 1, column: 1 },
    };
    this.#types.set(name, made);
    return made;
  }

  #paths(): ReadonlyMap<string, readonly string[]> {
    if (this.#pathsByName !== undefined) return this.#pathsByName;
    const paths = new Map<string, string[]>();
    for (const file of [...this.#files.values()].sort((a, b) => compareText(a.path, b.path))) {
      if (
        !("text" in file) ||
        formatOf(file.path) !== "avro" ||
        !file.path.startsWith(`${topicsFolder}/${schemasFolder}`)
      )
        continue;
      const name = outermostName(file.text);
      if (name !== undefined) paths.set(name, [...(paths.get(name) ?? []), file.path]);
    }
    this.#pathsByName = paths;
    return paths;
  }

  /** Finds a type that another file defines. */
  readonly #lookup: SharedLookup = (name) => {
    const [path, other] = this.#paths().get(name) ?? [];
    const file = path === undefined ? undefined : this.#files.get(path);
    if (path === undefined || file === undefined) return undefined;
    if (other !== undefined)
      return {
        fault: `the type ${name} is defined in ${path} and in ${other}`,
        fix: "delete one of the two files, or give its type another name",
      };
    const circle = this.#open.indexOf(name);
    if (circle !== -1)
      return {
        fault: `the type ${name} refers to itself by way of other files: ${[...this.#open.slice(circle), name].join(" → ")}`,
        fix: "define these types in one file: a registry takes a type only after those it refers to",
      };
    if (this.#open.length >= maxChain)
      return {
        fault: `more than ${maxChain} files refer to each other in a chain`,
        fix: "define some of these types in one file",
      };
    let found = this.#shared.get(name);
    if (found === undefined) {
      this.#open.push(name);
      found = this.#parsed(file, (json) => readSharedType(json, this.#lookup));
      this.#open.pop();
      this.#shared.set(name, found);
    }
    return "rule" in found ? { fault: `the type ${name} (${path}) can't be used: ${found.message}` } : found;
  };

  #parsed<T>(file: SourceFile, readJson: (json: unknown) => AvroReading<T>): T | Problem {
    if ("refused" in file) return unreadable(file);
    const { path, text } = file;
    const fault = textFaultOf(file);
    if (fault !== undefined) return fault;
    const tooDeep = findTooDeep(text);
    if (tooDeep !== undefined)
      return {
        rule: "schema-invalid",
        file: path,
        ...placeOf(text, tooDeep),
        message: "too many brackets are open here",
        fix: "name the inner types and refer to them",
      };
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return {
        rule: "schema-invalid",
        file: path,
        ...jsonErrorPlace(message, text),
        message: `the schema is not JSON: ${message}`,
        fix: "write one JSON value, with every quote, bracket and comma in its place",
      };
    }
    const twice = findDuplicateKey(text);
    if (twice !== undefined)
      return {
        rule: "schema-invalid",
        file: path,
        ...placeOf(text, twice.offset),
        message: `the key ${JSON.stringify(twice.key)} occurs twice in this object: most programs read the last one, some the first`,
        fix: "delete or rename one of them",
      };
    const read = readJson(json);
    if (read.ok) return read.value;
    const { message, fix } = read.problem;
    // JSON is YAML, so the YAML reader finds the line. It runs only for a faulty schema, because it is much slower.
    const place = readYaml(path, text).document?.at.place(read.problem.path) ?? { file: path, line: 1, column: 1 };
    return { rule: "schema-invalid", ...place, message, ...(fix === undefined ? {} : { fix }) };
  }
}

function unreadable(file: Extract<SourceFile, { refused: FileRefusal }>): Problem {
  return {
    rule: refusalRule(file.refused),
    file: file.path,
    line: 1,
    column: 1,
    message: refusalText(file.refused, file.detail),
    fix: refusalFixes[file.refused],
  };
}

/** Returns why a schema's text cannot be read, whatever its language; undefined if it can. */
function textFaultOf({ path, text }: Extract<SourceFile, { text: string }>): Problem | undefined {
  const conflict = findConflict(text);
  if (conflict !== undefined)
    return {
      rule: "schema-invalid",
      file: path,
      ...placeOf(text, conflict),
      message: conflictMessage,
      fix: conflictFix,
    };
  const hidden = findHiddenCharacter(text);
  if (hidden !== undefined)
    return {
      rule: "control-character",
      file: path,
      ...placeOf(text, hidden),
      message: "there is an invisible character here",
      fix: "delete it",
    };
  return undefined;
}

/** Returns the full name of the outermost type of a schema's text; undefined if it has none. */
function outermostName(text: string): string | undefined {
  if (findTooDeep(text) !== undefined) return undefined;
  try {
    return nameOfNamedType(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function placeOf(text: string, index: number): { line: number; column: number } {
  const before = text.slice(0, index).split("\n");
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}

/** Returns the location of a JSON error. V8 states it for some errors, in the message only. */
function jsonErrorPlace(message: string, text: string): { line: number; column: number } {
  const place = /line (\d+) column (\d+)/.exec(message);
  if (place !== null) return { line: Number(place[1]), column: Number(place[2]) };
  if (message.includes("end of JSON")) return placeOf(text, text.length);
  return findJsonFault(text) ?? { line: 1, column: 1 };
}

function folderOf(reference: string): string {
  return reference.slice(0, reference.lastIndexOf("/") + 1);
}

function fileNameOf(reference: string): string {
  return reference.slice(reference.lastIndexOf("/") + 1);
}

/** Returns why a path leaves its folder; undefined if it does not. */
function leavesFolder(reference: string): string | undefined {
  if (reference.startsWith("/") || /^[A-Za-z]:/.test(reference)) return "is absolute";
  if (reference.includes("\\")) return "has backslashes";
  if (reference.split("/").some((step) => step === ".." || step === "." || step === ""))
    return "has '.', '..' or empty steps";
  return undefined;
}

/**
 * Returns whether a path contains line breaks or invisible characters. File lists such as CODEOWNERS cannot hold such a
 * path.
 */
export function hasHiddenCharacter(path: string): boolean {
  return /[\t\r\n]/u.test(path) || findHiddenCharacter(path) !== undefined;
}

/** Returns the rule that a refused file breaks. */
export function refusalRule(refused: FileRefusal): ModelRule {
  if (refused === "symbolic-link") return "file-outside";
  return refused === "too-large" ? "file-too-large" : "file-unreadable";
}

/** Returns the meaning of a refusal, as text. */
export function refusalText(refused: FileRefusal, detail: string): string {
  const texts: Record<FileRefusal, string> = {
    "symbolic-link": `it is a symbolic link (${detail}); only plain files are read`,
    "not-a-file": `it is no plain file (${detail})`,
    "too-large": `it is too large (${detail}); the limit is ${maxSourceBytes} bytes`,
    "not-utf-8": `it is not text in UTF-8 (${detail})`,
    unreadable: `it can't be read (${detail})`,
    "not-found": `it is not there (${detail})`,
  };
  return texts[refused];
}

/** How to fix each refusal. */
export const refusalFixes: Readonly<Record<FileRefusal, string>> = {
  "symbolic-link": "put the file itself here",
  "not-a-file": "put a plain file here, or take it away",
  "too-large": "split it into files of one domain each",
  "not-utf-8": "save it as UTF-8, or take it away",
  unreadable: "let your user read it",
  "not-found": "create it, or correct the path",
};
