import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import type { CommandContext } from "../../../../cli/context.ts";
import type { Erasure } from "../../../../cli/erase/erasure.ts";
import { keptTopics } from "../../../../cli/erase/kept-records.ts";
import { erasureDocument, writeErasure } from "../../../../cli/erase/report.ts";
import { runProgram } from "../../../../cli/program.ts";
import type { PlatformPlan } from "../../../../components/plan/types.ts";
import { parseServiceTemplate } from "../../../../components/services/template.ts";

const DAY = 86_400_000;
const plan = {
  subjects: [
    {
      topic: "order-events",
      schema:
        '{"type":"record","name":"O","fields":[{"name":"customerId","type":"string"},{"name":"shippingAddress","type":"string"}]}',
    },
    {
      topic: "stock-events",
      schema: '{"type":"record","name":"S","fields":[{"name":"orderId","type":"string","doc":"not customerId"}]}',
    },
    { topic: "profiles", schema: '{"type":"record","name":"P","fields":[{"name":"customerId","type":"string"}]}' },
  ],
  contracts: [
    {
      consumes: [{ topic: "order-events", events: [] }],
      deadLetterTopic: "payment-service.dlt",
      retryTopics: [{ topic: "payment-service.retry-1s", delayMs: 1 }],
    },
    { consumes: [{ topic: "stock-events", events: [] }], deadLetterTopic: "stock-service.dlt", retryTopics: [] },
  ],
  topics: (
    [
      ["order-events", 7, "delete"],
      ["payment-service.dlt", 30, "delete"],
      ["payment-service.retry-1s", 7, "delete"],
      ["profiles", 7, "compact"],
      ["stock-events", 7, "delete"],
      ["stock-service.dlt", 30, "delete"],
    ] as const
  ).map(([name, days, policy]) => ({
    name,
    config: { "retention.ms": String(days * DAY), "cleanup.policy": policy, "segment.ms": String(DAY) },
  })),
} as unknown as PlatformPlan;

describe("topics that keep personal data", () => {
  it("are those whose schemas have the fields, and the dead-letter and retry topics of who consumes them; compacted ones keep it for good", () => {
    expect(
      keptTopics(plan, ["customerId", "shippingAddress"]).map(({ topic, fields, retentionMs }) => [
        topic,
        fields.join(" "),
        retentionMs === null ? null : retentionMs / DAY,
      ]),
    ).toEqual([
      ["order-events", "customerId shippingAddress", 7],
      ["payment-service.dlt", "customerId shippingAddress", 30],
      ["payment-service.retry-1s", "customerId shippingAddress", 7],
      ["profiles", "customerId", null],
    ]);
    expect(keptTopics(plan, [])).toEqual([]);
  });
});

describe("the report", () => {
  const erasure: Erasure = {
    erasureId: "e-1",
    dryRun: true,
    complete: false,
    underWay: ["o-2"],
    services: [
      {
        service: "order-service",
        declared: true,
        tables: [
          {
            table: "orders",
            holds: "the address",
            columns: ["shipping_address"],
            erased: 3,
            left: 1,
            keeps: "amounts",
            because: "the law",
            keptFor: "10 years",
          },
        ],
      },
      { service: "stock-service", declared: true, tables: [] },
      { service: "odd-service", declared: false, tables: [] },
    ],
  };
  const shown = (made: Erasure): string => {
    const stdout = new PassThrough();
    writeErasure(
      { stdout, stderr: stdout, env: {} } as unknown as CommandContext,
      erasureDocument("cust\u001b[2J", made, keptTopics(plan, ["customerId"]), 0),
    );
    stdout.end();
    return String(stdout.read() ?? "");
  };

  it("says what would be erased, what is kept, why and how long, what is under way, and what comes next", () => {
    const text = shown(erasure);
    for (const part of [
      "Would be erased",
      "orders",
      "shipping_address",
      "amounts",
      "the law",
      "10 years",
      "1970-01-09T00:05:00.000Z",
      "not by time",
      "1 under way",
      "o-2",
      "odd-service does not declare",
      "Nothing personal by declaration: stock-service",
      "Dry run",
      "--apply",
      "Not complete",
    ])
      expect(text).toContain(part);
    expect(text).not.toContain("\u001b");
    const done = shown({ ...erasure, dryRun: false, complete: true, underWay: [] });
    expect(done).toContain("3 rows were changed");
    expect(done).not.toContain("Not complete");
  });
});

describe("the command", () => {
  it.each([
    ["without a customer", ["erase"]],
    ["for nobody", ["erase", "--customer", ""]],
    ["told two things", ["erase", "--customer", "c", "--apply", "--dry-run"]],
  ])("%s is wrong usage", async (_, argv) => {
    const stderr = new PassThrough();
    expect(
      await runProgram(
        {
          stdout: new PassThrough(),
          stderr,
          env: {},
          now: Date.now,
          projectDir: "/",
          stateDir: "/nowhere",
        } as unknown as CommandContext,
        argv,
      ),
    ).toBe(2);
    expect(String(stderr.read())).toContain("KIT_USAGE");
  });
});

describe("a template's personalData", () => {
  const template = (personalData: string): string => `name: a-service
description: x
runtime: {entry: src/main.ts}
management: {liveness: /l, readiness: /r, metrics: /m}
resources: {cpu: 1m, memory: 1Mi}
personalData: ${personalData}
`;
  it("may say that there is none, and is held to its shape", () => {
    expect(parseServiceTemplate("a-service", template("{tables: []}")).personalData).toEqual({
      fields: [],
      tables: [],
    });
    expect(() => parseServiceTemplate("a-service", template("{tables: [{table: orders}]}"))).toThrow(
      /template\.yaml: personalData\.tables\.0\.holds/u,
    );
    expect(() => parseServiceTemplate("a-service", template("{tables: [], fieldz: []}"))).toThrow(/fieldz/u);
    expect(() =>
      parseServiceTemplate(
        "a-service",
        template(
          `{tables: [{table: "orders; DROP TABLE x", holds: a, of: a, erase: {}, keeps: a, because: a, keptFor: a}]}`,
        ),
      ),
    ).toThrow(/is the name of a table/u);
  });
});
