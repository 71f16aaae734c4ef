import { describe, expect, it, test } from "vitest";
import { readProtobufSchema } from "../../../../components/model/schemas/protobuf-event-schema.ts";
import { judges } from "../../../../components/plan/diff/schemas/formats.ts";
import { protobufCases, protobufFile } from "./protobuf-cases.ts";

describe("a Protobuf file of an event", () => {
  it("is named by its package and its first message", () => {
    const read = readProtobufSchema(
      protobufFile(
        "string order_id = 1; // The order.\n repeated Item items = 2; optional string note = 3; oneof how { string card = 4; } map<string, int32> counts = 5;",
        "message Item { string sku = 1; }",
      ),
    );
    if (!read.ok) throw new Error(read.problem.message);
    expect(read.value.record).toBe("com.example.events.OrderReturned");
    expect(
      read.value.messages
        .get(read.value.record)
        ?.fields.map(({ number, name, type, label }) => [number, name, type, label]),
    ).toEqual([
      [1, "order_id", "string", undefined],
      [2, "items", "com.example.events.Item", "repeated"],
      [3, "note", "string", "optional"],
      [4, "card", "string", "one of how"],
      [5, "counts", "int32", "map by string"],
    ]);
  });
  it("may import what every compiler brings along", () => {
    const read = readProtobufSchema(
      'syntax = "proto3";\npackage a.b;\nimport "google/protobuf/timestamp.proto";\nmessage M { google.protobuf.Timestamp at = 1; }\n',
    );
    expect(read.ok && read.value.messages.get("a.b.M")?.fields[0]?.type).toBe("google.protobuf.Timestamp");
  });
  test.each<[string, string, number | undefined, RegExp]>([
    ["of another version", 'syntax = "proto2";\npackage a.b;\nmessage M { required string a = 1; }\n', 1, /not proto3/],
    ["without a package", 'syntax = "proto3";\nmessage M { string a = 1; }\n', 1, /no package/],
    ["without a message", 'syntax = "proto3";\npackage a.b;\nenum E { A = 0; }\n', 1, /no message/],
    [
      "with an import of its own",
      'syntax = "proto3";\npackage a.b;\nimport "money.proto";\nmessage M { string a = 1; }\n',
      3,
      /imports "money\.proto"/,
    ],
    [
      "with a type that is not known",
      'syntax = "proto3";\npackage a.b;\nmessage M { Money a = 1; }\n',
      undefined,
      /Money/,
    ],
    ["that is none", 'syntax = "proto3";\npackage a.b;\nmessage M { string = 1; }\n', 3, /no Protobuf/],
    [
      "that nests without end",
      `syntax = "proto3";\npackage a.b;\n${"message M { ".repeat(50_000)}`,
      undefined,
      /no Protobuf/,
    ],
  ])("%s is refused", (_what, text, line, says) => {
    const read = readProtobufSchema(text);
    if (read.ok) throw new Error("the file was accepted");
    if (line !== undefined) expect(read.problem.line).toBe(line);
    expect(read.problem.message).toMatch(says);
  });
});

describe("two versions of a Protobuf schema", () => {
  test.each(protobufCases)("%s", (_title, before, after, path) => {
    const found = judges.protobuf.failures(after, [before], "BACKWARD", false);
    expect(found.map((each) => each.path)).toEqual(path === undefined ? [] : [path]);
    for (const { fix } of found) expect(fix).not.toBe("");
  });
  it("are judged once, whatever the level demands, and every version where it is transitive", () => {
    const [old, kept, fresh] = [
      protobufFile("int32 a = 1;"),
      protobufFile("int32 a = 1;"),
      protobufFile("string a = 1;"),
    ];
    expect(judges.protobuf.failures(fresh, [old], "FULL", false)).toHaveLength(1);
    expect(judges.protobuf.failures(fresh, [fresh, kept], "FULL_TRANSITIVE", false)).toMatchObject([
      { versionsBack: 2 },
    ]);
    expect(judges.protobuf.failures(fresh, [old], "NONE", false)).toEqual([]);
  });
  it("are described field by field", () => {
    const { described, meaning } = judges.protobuf.changes(
      protobufFile("string a = 1; State s = 2;", "enum State { NEW = 0; }"),
      protobufFile('reserved 1; reserved "a"; State s = 2; int32 n = 3;', "enum State { NEW = 0; OLD = 1; }"),
    );
    expect(described).toEqual([
      "OrderReturned: int32 n = 3 added",
      "OrderReturned: string a = 1 removed",
      "State: OLD = 1 added; earlier readers see the number",
    ]);
    expect(meaning).toHaveLength(1);
  });
});
