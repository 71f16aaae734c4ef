import { expect, it } from "vitest";
import { importedRecordDoc, importedTopicDescription } from "../../../components/model/topics/import-placeholders.ts";
import type { Example } from "../../../policies/rule.ts";
import { findingsOfExample } from "./example-project.ts";

const RULE = "imported-placeholder";
const own = (example: Example) => findingsOfExample(example, RULE).filter(({ rule }) => rule === RULE);
const schema = (doc: string): string =>
  JSON.stringify({
    type: "record",
    name: "OrderCreated",
    namespace: "com.example.events",
    doc,
    fields: [{ name: "orderId", type: "string", doc: "Order." }],
  });

it.each<[string, Example, readonly string[]]>([
  [
    "the description of an import",
    { topic: `description: ${importedTopicDescription}` },
    ["the description is still the placeholder of the import"],
  ],
  [
    "the same in quotes, with blanks around",
    { topic: `description: " ${importedTopicDescription} "` },
    ["the description is still the placeholder of the import"],
  ],
  [
    "the placeholder schema of an import",
    { schema: schema(importedRecordDoc) },
    ["the schema is still the placeholder of the import"],
  ],
])("warns of %s", (_what, example, messages) => {
  const found = own(example);
  expect(found.map(({ message }) => message)).toEqual(messages);
  for (const { level, fix, line } of found)
    expect({ level, fix: fix !== undefined, placed: line > 0 }).toEqual({ level: "warning", fix: true, placed: true });
});

it.each<[string, Example]>([
  ["a description of one's own", { topic: "description: What became of an order." }],
  [
    "a description that says where the topic came from",
    {
      topic: `description: "Orders of the old shop, one record per order. ${importedTopicDescription.split(";")[0]}."`,
    },
  ],
  ["a schema of one's own", { schema: schema("An order was placed.") }],
])("is silent about %s", (_what, example) => {
  expect(own(example)).toEqual([]);
});

it("points at the line of the description", () => {
  const [first] = own({ topic: `description: ${importedTopicDescription}` });
  expect(first).toMatchObject({ object: "order-events" });
});
