import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { frame } from "@event-platform-kit/service/events/codec";
import avro from "avsc";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hexDump, readContent } from "../../../../cli/dlt/content.ts";

const SCHEMA = {
  type: "record",
  name: "com.globalmart.events.Noted",
  fields: [
    { name: "orderId", type: "string" },
    { name: "at", type: "long" },
  ],
} as const;

describe("a letter's content", () => {
  // A registry that knows one schema.
  const server = createServer((request, response) => {
    const known = request.url?.endsWith("/schemas/ids/7") === true;
    response.writeHead(known ? 200 : 404, { "content-type": "application/json" });
    response.end(
      JSON.stringify(known ? { schema: JSON.stringify(SCHEMA) } : { error_code: 40_403, message: "Schema not found" }),
    );
  });
  let url = "";
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const body = avro.Type.forSchema(SCHEMA as unknown as avro.Schema).toBuffer({
    orderId: "o-1",
    at: 1_700_000_000_000,
  });

  it("is decoded with the schema that wrote it", async () => {
    const value = frame(7, body);
    expect(await readContent(url, value)).toEqual({
      kind: "avro",
      schemaId: 7,
      record: "com.globalmart.events.Noted",
      bytes: value.length,
      value: expect.objectContaining({ orderId: "o-1", at: 1_700_000_000_000 }),
    });
  });

  it.each([
    ["bytes that are not framed", Buffer.from("this is not Avro")],
    ["a schema that the registry does not know", frame(8, body)],
    ["a body that breaks off", frame(7, body.subarray(0, 2))],
    ["fewer bytes than a frame has", Buffer.from([0, 0])],
    ["no bytes", Buffer.alloc(0)],
  ])("%s: the reason and the bytes", async (_, value) => {
    expect(await readContent(url, value)).toEqual({
      kind: "undecodable",
      bytes: value.length,
      why: expect.stringMatching(/\S/u),
      hex: value.toString("hex"),
    });
  });

  it("of a record without a value is empty", async () => {
    expect(await readContent(url, null)).toEqual({ kind: "empty" });
  });
});

describe("a dump", () => {
  it("shows offset, hexadecimal and what is printable", () => {
    expect(hexDump(Buffer.from("this is not Avro\n\u0000é"), 64)).toBe(
      [
        "0000  74 68 69 73 20 69 73 20 6e 6f 74 20 41 76 72 6f  this is not Avro",
        `0010  0a 00 c3 a9${" ".repeat(36)}  ....`,
      ].join("\n"),
    );
  });
  it("says how much it leaves out", () => {
    const lines = hexDump(Buffer.alloc(100, 0x41), 20).split("\n");
    expect(lines).toHaveLength(3);
    expect(lines[1]).toBe(`0010  41 41 41 41${" ".repeat(36)}  AAAA`);
    expect(lines[2]).toBe("and 80 bytes more");
  });
});
