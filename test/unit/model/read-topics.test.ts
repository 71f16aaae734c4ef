import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { formatProblem } from "../../../components/model/problems/problem.ts";
import type { ModelRule } from "../../../components/model/problems/rules.ts";
import { maxSourceBytes, type SourceFile } from "../../../components/model/source-file.ts";
import { readTopics } from "../../../components/model/topics/read-topics.ts";
import { ReadingCache } from "../../../components/model/topics/reading-cache.ts";
import { avroRecord, goodDomain, goodSchemas, projectWith } from "./project-files.ts";

/** Problems of a project as `file:line:column rule`. */
function placesOf(files: readonly SourceFile[]): string[] {
  const read = readTopics(files);
  return read.ok
    ? []
    : read.problems.map((problem) => `${problem.file}:${problem.line}:${problem.column} ${problem.rule}`);
}

function textsOf(files: readonly SourceFile[]): string {
  const read = readTopics(files);
  return read.ok ? "" : read.problems.map(formatProblem).join("\n");
}

const replaced = (from: string, to: string): string => {
  if (!goodDomain.includes(from)) throw new Error(`the good file has no ${from}`);
  return goodDomain.replace(from, to);
};

describe("a good project", () => {
  it("is read with values in base units and places", () => {
    const read = readTopics(projectWith(goodDomain));
    if (!read.ok) throw new Error(textsOf(projectWith(goodDomain)));
    const topic = read.value.domains[0]?.topics[0];
    expect(topic).toMatchObject({
      name: "order-events",
      domain: "order",
      partitions: 30,
      retention: 604_800_000,
      source: { file: "topics/order.yaml", line: 5, column: 3 },
    });
    expect(topic?.producers[0]).toMatchObject({
      service: "order-service",
      quota: 10_485_760,
      events: ["order.cancelled", "order.created"],
    });
    expect(topic?.consumers[0]).toMatchObject({
      service: "payment-service",
      instances: 10,
      retryDelays: [],
      source: { line: 16 },
    });
    expect(topic?.events.map((event) => event.record)).toEqual([
      "com.example.events.OrderCancelled",
      "com.example.events.OrderCreated",
    ]);
  });

  it("may have no topics, as a team that only consumes", () => {
    expect(
      placesOf([
        {
          path: "topics/analytics.yaml",
          text: 'domain: analytics\nowner: {team: a, contact: "#a"}\ncriticality: low\nservices: [analytics-service]\n',
        },
      ]),
    ).toEqual([]);
  });
});

describe("one thing wrong", () => {
  const cases: [title: string, text: string, place: string, rule: ModelRule, says: RegExp][] = [
    ["broken YAML", replaced("criticality: high", "criticality: [high"), "4:1", "yaml-syntax", /./],
    ["a tab as indentation", replaced("    partitions: 30", "\tpartitions: 30"), "7:1", "yaml-tab", /spaces/],
    ["a duplicate key", replaced("    retention: 7d", "    partitions: 12"), "8:5", "yaml-duplicate-key", /partitions/],
    [
      "a duplicate topic in one file",
      `${goodDomain}  order-events: {}\n`,
      "17:3",
      "yaml-duplicate-key",
      /order-events/,
    ],
    ["an anchor", replaced("partitions: 30", "partitions: &n 30"), "7:20", "yaml-alias", /&n/],
    ["an alias", replaced("retention: 7d", "retention: *n"), "8:16", "yaml-alias", /\*n|n/],
    ["a merge key", replaced("    retention: 7d", "    <<: {retention: 7d}"), "8:5", "yaml-alias", /<</],
    ["an explicit tag", replaced("partitions: 30", "partitions: !!str 30"), "7:23", "yaml-tag", /!!str|tag/],
    ["a second document", `${goodDomain}---\nx: 1\n`, "17:1", "yaml-syntax", /---/],
    ["an unknown key", replaced("partitions: 30", "partitons: 30"), "7:5", "unknown-key", /did you mean "partitions"/],
    ["a missing choice", replaced("criticality: high\n", ""), "1:1", "missing-key", /"criticality" is missing/],
    [
      "a missing key",
      replaced("    partitions: 30\n", ""),
      "5:3",
      "missing-key",
      /"partitions" is missing in topics.order-events/,
    ],
    ["a number in quotes", replaced("partitions: 30", 'partitions: "30"'), "7:17", "wrong-type", /30 without quotes/],
    ["a fraction of a partition", replaced("partitions: 30", "partitions: 1.5"), "7:17", "wrong-type", /whole number/],
    ["no partition", replaced("partitions: 30", "partitions: 0"), "7:17", "invalid-value", /at least 1/],
    ["a duration without unit", replaced("7d", "7"), "8:16", "invalid-unit", /for example 7d; got 7/],
    ["a wrong unit", replaced("7d", "7days"), "8:16", "invalid-unit", /unknown unit "days"/],
    ["a size where a rate is wanted", replaced("10MiB/s", "10MiB"), "14:30", "invalid-unit", /MiB\/s/],
    ["a retention of nothing", replaced("7d", "0d"), "8:16", "invalid-unit", /every record/],
    [
      "an empty file",
      "",
      "1:1",
      "wrong-type",
      /the file is empty[^]*write its fields \(domain, owner, criticality, …\), or delete it/,
    ],
    ["a file of comments", "# later\n", "1:1", "wrong-type", /the file is empty/],
    [
      "a merge conflict",
      replaced(
        "    partitions: 30\n",
        "<<<<<<< HEAD\n    partitions: 30\n=======\n    partitions: 60\n>>>>>>> theirs\n",
      ),
      "7:1",
      "yaml-syntax",
      /^[^\n]*a merge conflict stands here[^\n]*delete the lines that begin with <<<<<<<[^\n]*$/,
    ],
    [
      "line ends of old Macs",
      goodDomain.replaceAll("\n", "\r"),
      "1:14",
      "control-character",
      /carriage return[^]*Unix/,
    ],
    [
      "quotes of a word processor",
      replaced("key: orderId", "key: “orderId”"),
      "9:10",
      "invalid-name",
      /for example orderId/,
    ],
    ["a key with a blank", replaced("key: orderId", "key: order id"), "9:10", "invalid-name", /for example orderId/],
    [
      "nesting that exhausts the parser",
      Array.from({ length: 1_400 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n"),
      "",
      "yaml-too-deep",
      /nests too deeply|levels/,
    ],
    ["a list instead of a mapping", "- a\n", "1:1", "wrong-type", /mapping/],
    [
      "nothing after topics",
      goodDomain.slice(0, goodDomain.indexOf("  order-events")),
      "4:8",
      "wrong-type",
      /topics must be a mapping; got nothing/,
    ],
    [
      "another domain than the file's",
      replaced("domain: order", "domain: orders"),
      "1:9",
      "domain-file-name",
      /topics\/orders.yaml/,
    ],
    ["a team that is no slug", replaced("team: checkout", "team: Check Out"), "2:15", "invalid-name", /check-out/],
    ["a service that is no slug", replaced("order-service:", "OrderService:"), "14:7", "invalid-name", /order-service/],
    ["a topic with a blank", replaced("order-events:", '"order events":'), "5:3", "invalid-name", /order-events/],
    ["a topic with a name too long", replaced("order-events:", `${"a".repeat(250)}:`), "5:3", "invalid-name", /249/],
    ["a topic of the platform", replaced("order-events:", "__consumer_offsets:"), "5:3", "reserved-name", /__/],
    [
      "a topic named like dead-letter records",
      replaced("order-events:", "payment-service.dlt:"),
      "5:3",
      "reserved-name",
      /dead-letter/,
    ],
    [
      "a topic that collides with dead-letter records",
      replaced("order-events:", "payment-service_dlt:"),
      "5:3",
      "reserved-name",
      /payment-service/,
    ],
    [
      "a principal of the platform",
      replaced("payment-service:", "schema-registry:"),
      "16:7",
      "reserved-name",
      /schema-registry/,
    ],
    [
      "an event no one declares",
      replaced("[order.created, order.cancelled]", "[order.cretaed, order.cancelled]"),
      "16:49",
      "unknown-event",
      /did you mean "order.created"/,
    ],
    [
      "an event listed twice",
      replaced("[order.created, order.cancelled]", "[order.created, order.created]"),
      "16:64",
      "duplicate-event",
      /twice/,
    ],
    ["a consumer of nothing", replaced("[order.created, order.cancelled]", "[]"), "16:48", "invalid-value", /empty/],
    [
      "more instances than partitions",
      replaced("instances: 10", "instances: 31"),
      "16:36",
      "too-many-instances",
      /1 would stay idle/,
    ],
    [
      "retry delays out of order",
      replaced("quota: 20MiB/s", "retry: [5m, 10s]"),
      "16:94",
      "invalid-value",
      /shortest first/,
    ],
    [
      "a schema that is not there",
      replaced("OrderCreated.avsc", "OrderCreate.avsc"),
      "11:31",
      "schema-missing",
      /did you mean "schemas\/order\/OrderCreated.avsc"/,
    ],
    [
      "a schema outside",
      replaced("schemas/order/OrderCreated.avsc", "../secrets.avsc"),
      "11:31",
      "file-outside",
      /\.\./,
    ],
    [
      "a schema at an absolute path",
      replaced("schemas/order/OrderCreated.avsc", "/etc/passwd"),
      "11:31",
      "file-outside",
      /absolute/,
    ],
    [
      "a schema in another folder",
      replaced("schemas/order/OrderCreated.avsc", "OrderCreated.avsc"),
      "11:31",
      "file-misplaced",
      /topics\/schemas/,
    ],
    [
      "a topic that collides with a retry topic",
      `${goodDomain.replace("quota: 20MiB/s", "retry: [10s]")}  payment-service_retry-10s:\n    description: x\n    partitions: 1\n    events: {}\n`.replace(
        "events: {}",
        "events: {a.b: {schema: schemas/A.avsc}}",
      ),
      "17:3",
      "reserved-name",
      /payment-service/,
    ],
    [
      "a list without end",
      replaced("[order.created, order.cancelled]", `[${"a.b,\n        ".repeat(600)}a.b]`),
      "16:48",
      "invalid-value",
      /at most 500 entries; it has 601/,
    ],
    [
      "a line without end",
      replaced("[order.created, order.cancelled]", `[${"a.b, ".repeat(100_000)}a.b]`),
      "16:1",
      "file-too-large",
      /4096 characters/,
    ],
    ["quotes without end", '"'.repeat(1_000_000), "1:1", "file-too-large", /4096 characters/],
    [
      "keys without end",
      Array.from({ length: 10_000 }, (_, index) => `k${index}: 1`).join("\n"),
      "1:1",
      "unknown-key",
      /"k0"/,
    ],
    ["one key again and again", "a: 1\n".repeat(10_000), "2:1", "yaml-duplicate-key", /"a"/],
    [
      "quotes that are not closed, on many lines",
      'domain: "\n'.repeat(20_000),
      "1:9",
      "yaml-syntax",
      /the quote that opens here is not closed/,
    ],
    ["anchors without end", "- &a a\n".repeat(10_000), "1:6", "yaml-alias", /&a/],
    [
      "a key that no record has",
      replaced("key: orderId", "key: orderid"),
      "9:10",
      "key-not-in-schema",
      /did you mean "orderId"/,
    ],
    [
      "a record used twice",
      replaced("OrderCancelled.avsc", "OrderCreated.avsc"),
      "12:7",
      "duplicate-record",
      /order.created/,
    ],
    ["an invisible character", replaced("The life", "The\u202elife"), "6:21", "control-character", /U\+202E/],
    [
      "an escaped control character",
      replaced("The life of an order.", '"a\\u0007b"'),
      "6:18",
      "control-character",
      /U\+0007/,
    ],
    ["a poisoned key", `${goodDomain}__proto__: {a: 1}\n`, "17:1", "unknown-key", /__proto__/],
    ["deep nesting", `a: ${"[".repeat(200_000)}`, "1:132", "yaml-too-deep", /brackets/],
    [
      "deep nesting in block style",
      Array.from({ length: 200 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n"),
      "34:34",
      "yaml-too-deep",
      /levels/,
    ],
    ["a key that is a list", `? [a]\n: 1\n`, "1:3", "wrong-type", /plain text/],
  ];
  test.each(cases)("%s", (_title, text, place, rule, says) => {
    const files = projectWith(text);
    expect(placesOf(files).join("\n")).toMatch(
      new RegExp(`topics/order\\.yaml:${place === "" ? "\\d+:\\d+" : place} ${rule}`, "u"),
    );
    expect(textsOf(files)).toMatch(says);
  });

  test.each([
    ["no JSON", '{\n  "type": record\n}', "2:11", /not JSON/],
    ["cut off", '{\n  "type": "record"', "2:19", /not JSON/],
    ["no record", '"string"', "1:1", /no record/],
    [
      "without a closing quote, after many keys",
      `{\n${Array.from({ length: 20_000 }, (_, index) => `"k${index}": 1,\n`).join("")}"x": "a\n}`,
      "20002:8",
      /not JSON/,
    ],
    ["in conflict", '{\n<<<<<<< HEAD\n"type": "record"\n=======\n}\n>>>>>>> x', "2:1", /merge conflict/],
    ["without a namespace", '{"type": "record", "name": "A", "fields": []}', "1:28", /namespace/],
    [
      "an unknown type",
      '{"type": "record", "name": "A", "namespace": "a.b", "fields": [\n  {"name": "orderId", "type": "strng"}\n]}',
      "2:31",
      /did you mean "string"/,
    ],
  ])("a schema that is %s is reported in its own file", (_title, text, place, says) => {
    const files = [
      { path: "topics/order.yaml", text: goodDomain },
      { path: "topics/schemas/order/OrderCreated.avsc", text },
      ...goodSchemas.slice(1),
    ];
    expect(placesOf(files)).toEqual([`topics/schemas/order/OrderCreated.avsc:${place} schema-invalid`]);
    expect(textsOf(files)).toMatch(says);
  });
});

it("tells a schema's fault once, however many refer to it, and again when the same files are read again", () => {
  const domain: SourceFile = {
    path: "topics/order.yaml",
    text: goodDomain.replace("OrderCancelled.avsc", "OrderCreated.avsc"),
  };
  const broken: SourceFile = { path: "topics/schemas/order/OrderCreated.avsc", text: "{" };
  const mended: SourceFile[] = [{ path: "topics/order.yaml", text: goodDomain }, ...goodSchemas];
  const cache = new ReadingCache();
  for (const _ of [1, 2]) {
    const read = readTopics([domain, broken], cache);
    expect(read.ok ? [] : read.problems.map(({ file, rule }) => `${file} ${rule}`)).toEqual([
      "topics/schemas/order/OrderCreated.avsc schema-invalid",
    ]);
  }
  expect(readTopics(mended, cache).ok).toBe(true);
});

describe("faults between files", () => {
  const other = (topics: string): SourceFile => ({
    path: "topics/stock.yaml",
    text: `domain: stock\nowner: {team: warehouse, contact: "#w"}\ncriticality: low\ntopics:\n${topics}`,
  });
  const topic = (name: string, event: string, schema: string): string =>
    `  ${name}:\n    description: x\n    partitions: 1\n    events: {${event}: {schema: schemas/${schema}.avsc}}\n`;
  const spare: SourceFile = { path: "topics/schemas/Spare.avsc", text: avroRecord("Spare") };

  it("finds a topic that is declared twice", () => {
    const files = projectWith(goodDomain, [other(topic("order-events", "stock.moved", "Spare")), spare]);
    expect(placesOf(files)).toEqual(["topics/stock.yaml:5:3 duplicate-topic"]);
    expect(textsOf(files)).toContain("topics/order.yaml:5");
  });
  it("finds names that differ in '.' and '_' only", () => {
    const files = [
      other(topic("stock.moves", "stock.moved", "Spare") + topic("stock_moves", "stock.left", "order/OrderCreated")),
      spare,
      ...goodSchemas,
    ];
    expect(placesOf(files)).toEqual(["topics/stock.yaml:9:3 colliding-topic"]);
  });
  it("finds an event and a record that are declared twice", () => {
    expect(placesOf(projectWith(goodDomain, [other(topic("stock-moves", "order.created", "Spare")), spare]))).toEqual([
      "topics/stock.yaml:8:14 duplicate-event",
    ]);
    expect(
      placesOf(projectWith(goodDomain, [other(topic("stock-moves", "stock.moved", "order/OrderCreated"))])),
    ).toEqual(["topics/stock.yaml:8:14 duplicate-record"]);
  });
  it("finds a service that two teams run", () => {
    const claim = "services: [order-service]\n";
    const files = projectWith(`${claim}${goodDomain}`, [
      { path: "topics/stock.yaml", text: `domain: stock\nowner: {team: w, contact: "#w"}\ncriticality: low\n${claim}` },
    ]);
    expect(placesOf(files)).toEqual(["topics/stock.yaml:4:12 duplicate-service-owner"]);
  });
  it("reports files that would be overlooked or can't be read", () => {
    const files: SourceFile[] = [
      ...projectWith(goodDomain),
      { path: "topics/deep/stock.yaml", text: "" },
      { path: "topics/stock.yml", text: "" },
      { path: "topics/link.yaml", refused: "symbolic-link", detail: "to /etc/passwd" },
      { path: "topics/large.yaml", refused: "too-large", detail: `${maxSourceBytes + 1} bytes` },
      { path: "topics/binary.yaml", refused: "not-utf-8", detail: "…" },
    ];
    expect(placesOf(files)).toEqual([
      "topics/binary.yaml:1:1 file-unreadable",
      "topics/deep/stock.yaml:1:1 file-misplaced",
      "topics/large.yaml:1:1 file-too-large",
      "topics/link.yaml:1:1 file-outside",
      "topics/stock.yml:1:1 file-misplaced",
    ]);
  });
});

describe("all at once", () => {
  it("reports faults of format, of references and between files together, sorted", () => {
    const text = goodDomain
      .replace("criticality: high", "criticality: hgih")
      .replace("7d", "7")
      .replace("schemas/order/OrderCreated.avsc", "../x.avsc")
      .replace("quota: 20MiB/s", "quotas: 20MiB/s")
      .replace("order.cancelled]", "order.canceled]");
    expect(placesOf(projectWith(text))).toEqual([
      "topics/order.yaml:3:14 invalid-value",
      "topics/order.yaml:8:16 invalid-unit",
      "topics/order.yaml:11:31 file-outside",
      "topics/order.yaml:16:64 unknown-event",
      "topics/order.yaml:16:81 unknown-key",
    ]);
  });

  it("does not take a reference to a faulty event for a second fault", () => {
    expect(
      placesOf(
        projectWith(
          replaced(
            "order.created: {schema: schemas/order/OrderCreated.avsc}",
            "order.created: {shema: schemas/order/OrderCreated.avsc}",
          ),
        ),
      ),
    ).toEqual(["topics/order.yaml:11:7 missing-key", "topics/order.yaml:11:23 unknown-key"]);
  });
});

describe("anything a person could type", () => {
  it("is read or refused, never a crash, and the same in any order of files", () => {
    const mutation = fc.record({
      at: fc.nat({ max: goodDomain.length }),
      drop: fc.nat({ max: 12 }),
      put: fc.oneof(
        fc.string({ maxLength: 8 }),
        fc.constantFrom(
          "\t",
          "*a",
          "&a ",
          "<<: ",
          "!!str ",
          "- ",
          "{",
          "]",
          ": ",
          "\u0000",
          "|\n",
          "? ",
          "'",
          '"',
          "#",
          "---\n",
          "null",
        ),
      ),
    });
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
        const text = mutations.reduce(
          (before, { at, drop, put }) => before.slice(0, at) + put + before.slice(at + drop),
          goodDomain,
        );
        const read = readTopics(projectWith(text));
        expect(readTopics(projectWith(text).reverse())).toEqual(read);
        if (read.ok) return;
        const lines = text.split("\n");
        for (const problem of read.problems.filter(({ file }) => file === "topics/order.yaml")) {
          expect(problem.line).toBeLessThanOrEqual(lines.length);
          expect(problem.message).not.toBe("");
        }
      }),
      { numRuns: 400 },
    );
  });
  it("is refused when it is noise", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        expect(readTopics(projectWith(text)).ok).toBe(false);
      }),
    );
  });
});
