/** Content of a dead-letter record for display: decoded with the schema that wrote it, or as bytes. */

import { messageOf } from "@event-platform-kit/service/errors";
import { unframe } from "@event-platform-kit/service/events/codec";
import { schemaRegistry } from "@event-platform-kit/service/events/registry";
import avro from "avsc";

/** A decoded value, or the reason why it cannot be decoded. */
export type Content =
  | { readonly kind: "empty" }
  | {
      readonly kind: "avro";
      readonly schemaId: number;
      readonly record: string;
      readonly bytes: number;
      readonly value: unknown;
    }
  | { readonly kind: "undecodable"; readonly bytes: number; readonly why: string; readonly hex: string };

/** Reads a value with the registry's schema of its id; never throws. */
export async function readContent(registryUrl: string, value: Buffer | null): Promise<Content> {
  if (value === null) return { kind: "empty" };
  try {
    const { schemaId, body } = unframe(value);
    const type = avro.Type.forSchema(
      JSON.parse(await schemaRegistry({ url: registryUrl }).schemaOf(schemaId)) as avro.Schema,
    );
    return {
      kind: "avro",
      schemaId,
      record: type.name ?? type.typeName,
      bytes: value.length,
      value: type.fromBuffer(body),
    };
  } catch (error) {
    return { kind: "undecodable", bytes: value.length, why: messageOf(error), hex: value.toString("hex") };
  }
}

const PER_LINE = 16;

/** Bytes as a dump: offset, hexadecimal, printable characters; at most `limit` bytes. */
export function hexDump(bytes: Buffer, limit: number): string {
  const lines = [];
  for (let start = 0; start < Math.min(bytes.length, limit); start += PER_LINE) {
    const part = bytes.subarray(start, Math.min(start + PER_LINE, limit));
    const hex = [...part].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = [...part].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
    lines.push(`${start.toString(16).padStart(4, "0")}  ${hex.padEnd(PER_LINE * 3 - 1)}  ${text}`);
  }
  if (bytes.length > limit) lines.push(`and ${bytes.length - limit} bytes more`);
  return lines.join("\n");
}
