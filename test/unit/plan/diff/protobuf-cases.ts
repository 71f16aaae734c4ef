/** Changes of Protobuf schemas, for the kit's own check and for the registry's. */

/** A file with the event's message and what stands beside it. */
export function protobufFile(fields: string, beside = ""): string {
  return `syntax = "proto3";\npackage com.example.events;\nmessage OrderReturned {\n  ${fields}\n}\n${beside}\n`;
}

/** Title, version before, version after, and the place where they do not fit; absent where they do. */
export const protobufCases: [title: string, before: string, after: string, path: string | undefined][] = [
  ["a field comes", protobufFile("string a = 1;"), protobufFile("string a = 1; string b = 2;"), undefined],
  ["a field goes and is not reserved", protobufFile("string a = 1; string b = 2;"), protobufFile("string a = 1;"), "b"],
  [
    "a field goes and is reserved",
    protobufFile("string a = 1; string b = 2;"),
    protobufFile('string a = 1; reserved 2; reserved "b";'),
    undefined,
  ],
  ["a field gets another type", protobufFile("string a = 1;"), protobufFile("int32 a = 1;"), "a"],
  ["a field gets another number", protobufFile("string a = 1;"), protobufFile("string a = 2;"), "a"],
  ["a field gets another name", protobufFile("string a = 1;"), protobufFile("string b = 1;"), "a"],
  ["a reserved number is free again", protobufFile("string a = 1; reserved 2;"), protobufFile("string a = 1;"), ""],
  [
    "a reserved number is used",
    protobufFile("string a = 1; reserved 2;"),
    protobufFile("string a = 1; string b = 2;"),
    "",
  ],
  [
    "a reserved range grows",
    protobufFile("string a = 1; reserved 2 to 3;"),
    protobufFile("string a = 1; reserved 2 to 9;"),
    undefined,
  ],
  [
    "a field of a message within gets another type",
    protobufFile("Item i = 1;", "message Item { string sku = 1; }"),
    protobufFile("Item i = 1;", "message Item { bytes sku = 1; }"),
    "i.sku",
  ],
  [
    "a message that holds itself stays",
    protobufFile("OrderReturned o = 1; string a = 2;"),
    protobufFile("OrderReturned o = 1; string a = 2;"),
    undefined,
  ],
  ["only a comment changes", protobufFile("string a = 1;"), protobufFile("string a = 1; // What."), undefined],
];
