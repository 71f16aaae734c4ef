import { createRequire } from "node:module";
import type * as protobuf from "protobufjs";
import type { AvroProblem } from "./avro-schema-reader.ts";

/** A field of a message. */
export interface ProtobufField {
  readonly number: number;
  readonly name: string;
  /** A scalar type, or the full name of a message or enum. */
  readonly type: string;
  /**
   * `optional` for a field with presence, `repeated`, the key type of a map, or the `oneof` of the field. Absent for a
   * plain field.
   */
  readonly label?: string;
  /** Comment of the field. */
  readonly doc?: string;
}

/** Names and numbers that may not be used again. */
interface Reserved {
  /** Number ranges, both ends inclusive. */
  readonly numbers: readonly (readonly [number, number])[];
  readonly names: readonly string[];
}

/** A message. */
export interface ProtobufMessage extends Reserved {
  readonly name: string;
  readonly doc?: string;
  /** Sorted by number, ascending. */
  readonly fields: readonly ProtobufField[];
}

/** An enum. */
export interface ProtobufEnum extends Reserved {
  readonly name: string;
  /** Names by number, ascending. Aliases of a number are sorted. */
  readonly values: ReadonlyMap<number, readonly string[]>;
}

/** A `.proto` file: the event's message, and every type that it may contain. */
export interface ProtobufSchema {
  /** Full name of the event's message: the first message of the file. */
  readonly record: string;
  readonly messages: ReadonlyMap<string, ProtobufMessage>;
  readonly enums: ReadonlyMap<string, ProtobufEnum>;
}

/** Result of reading a file. A fault has its line, from 1, if it is known. */
export type ProtobufReading =
  | { readonly ok: true; readonly value: ProtobufSchema }
  | { readonly ok: false; readonly problem: Omit<AvroProblem, "path"> & { readonly line?: number } };

const require = createRequire(import.meta.url);

/** Files that every Protobuf compiler includes. */
const wellKnown = /^google\/protobuf\/(?:any|duration|empty|field_mask|struct|timestamp|wrappers)\.proto$/;

/**
 * Reads the text of a `.proto` file as the schema of an event. The parser is loaded on first use, so that projects with
 * only Avro do not pay for it.
 */
export function readProtobufSchema(text: string): ProtobufReading {
  const library = require("protobufjs") as typeof protobuf;
  try {
    const root = new library.Root();
    const parsed = library.parse(text, root, {
      keepCase: true,
      alternateCommentMode: true,
      preferTrailingComment: false,
    });
    const foreign = [...(parsed.imports ?? []), ...(parsed.weakImports ?? [])].find((path) => !wellKnown.test(path));
    if (foreign !== undefined)
      return refused(
        `it imports ${JSON.stringify(foreign)}`,
        "define what it needs in this file; only google/protobuf/*.proto can be imported",
        lineOf(text, foreign),
      );
    for (const path of parsed.imports ?? []) {
      const common = library.common.get(path);
      if (common?.nested !== undefined) root.addJSON(common.nested);
    }
    if (!/^\s*syntax\s*=\s*["']proto3["']\s*;/mu.test(text))
      return refused("it is not proto3", 'begin the file with: syntax = "proto3";', 1);
    const { package: packageName } = parsed;
    if (packageName === undefined)
      return refused("it has no package", "add a package, for example: package com.example.events;", 1);
    root.resolveAll();
    const holder = root.lookup(packageName);
    const nested = holder instanceof library.Namespace ? holder.nestedArray : [];
    const first = nested.find((each) => each instanceof library.Type);
    if (first === undefined)
      return refused("it has no message", "the first message of the file is the event's record", 1);
    const messages = new Map<string, ProtobufMessage>();
    const enums = new Map<string, ProtobufEnum>();
    collect(nested, library, messages, enums);
    return { ok: true, value: { record: nameOf(first), messages, enums } };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const line = /\(line (\d+)\)/.exec(message)?.[1];
    return refused(
      `this is no Protobuf: ${message.replace(/\s*\((?:[^()]*, )?line \d+\)/u, "")}`,
      undefined,
      line === undefined ? undefined : Number(line),
    );
  }
}

function refused(message: string, fix: string | undefined, line: number | undefined): ProtobufReading {
  return {
    ok: false,
    problem: { message, ...(fix === undefined ? {} : { fix }), ...(line === undefined ? {} : { line }) },
  };
}

function lineOf(text: string, part: string): number {
  return text.slice(0, Math.max(0, text.indexOf(part))).split("\n").length;
}

function collect(
  objects: readonly protobuf.ReflectionObject[],
  library: typeof protobuf,
  messages: Map<string, ProtobufMessage>,
  enums: Map<string, ProtobufEnum>,
): void {
  for (const object of objects) {
    if (object instanceof library.Type) {
      messages.set(nameOf(object), {
        name: nameOf(object),
        ...docOf(object),
        ...reservedOf(object.reserved),
        fields: object.fieldsArray.map((field) => fieldOf(field, library)).sort((a, b) => a.number - b.number),
      });
      collect(object.nestedArray, library, messages, enums);
    } else if (object instanceof library.Enum) {
      const values = new Map<number, string[]>();
      for (const [name, number] of Object.entries(object.values))
        values.set(number, [...(values.get(number) ?? []), name].sort());
      enums.set(nameOf(object), {
        name: nameOf(object),
        ...reservedOf(object.reserved),
        values: new Map([...values].sort(([a], [b]) => a - b)),
      });
    }
  }
}

function fieldOf(field: protobuf.Field, library: typeof protobuf): ProtobufField {
  const oneof = field.partOf ?? undefined;
  const synthetic = oneof !== undefined && oneof.fieldsArray.length === 1 && oneof.name.startsWith("_");
  const label =
    field instanceof library.MapField
      ? `map by ${field.keyType}`
      : field.repeated
        ? "repeated"
        : synthetic
          ? "optional"
          : oneof === undefined
            ? undefined
            : `one of ${oneof.name}`;
  return {
    number: field.id,
    name: field.name,
    type: field.resolvedType === null ? field.type : nameOf(field.resolvedType),
    ...(label === undefined ? {} : { label }),
    ...docOf(field),
  };
}

function docOf({ comment }: protobuf.ReflectionObject): { doc?: string } {
  return comment === null || comment === undefined || comment.trim() === "" ? {} : { doc: comment.trim() };
}

function reservedOf(reserved: readonly (readonly number[] | string)[] | undefined): Reserved {
  const numbers: [number, number][] = [];
  const names: string[] = [];
  for (const each of reserved ?? []) {
    if (typeof each === "string") names.push(each);
    else numbers.push([each[0] ?? 0, each[1] ?? each[0] ?? 0]);
  }
  return { numbers, names };
}

function nameOf(object: protobuf.ReflectionObject): string {
  return object.fullName.replace(/^\./u, "");
}
