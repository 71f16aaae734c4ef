import { describe, expect, it } from "vitest";
import type { Example } from "../../../policies/rule.ts";
import { findingsOfExample } from "./example-project.ts";

const found = (rule: string, example: Example) =>
  findingsOfExample(example, rule).filter((finding) => finding.rule === rule);

describe("a rule on a domain's owner points at the field, not at the domain", () => {
  const file = (owner: string): Example => ({
    file: `domain: order\ncriticality: high\nowner:\n  ${owner}\nservices: [order-service]\n`,
  });

  it("the contact", () => {
    expect(found("owner-contact", file("team: checkout\n  contact: ask around"))).toMatchObject([
      { object: "order", line: 5, column: 3 },
    ]);
    expect(found("owner-contact", file("contact: ask around\n  team: checkout"))).toMatchObject([
      { object: "order", line: 4, column: 3 },
    ]);
  });

  it("the team", () => {
    const known: Example = { stack: "policies: {owner-known: {teams: [payments]}}" };
    expect(found("owner-known", { ...file('contact: "#c"\n  team: checkout'), ...known })).toMatchObject([
      { object: "order", line: 5, column: 3 },
    ]);
  });
});

describe("a service that no team lists", () => {
  const topic = (producer: string): Example => ({ topic: `producers: {${producer}: {quota: 5MiB/s}}` });

  it("is taken for a slip where a listed one is close", () => {
    expect(found("service-owner", topic("oder-service"))).toMatchObject([
      {
        object: "oder-service",
        fix: "did you mean order-service? Otherwise add it to services: in the file of the team that runs it",
      },
    ]);
  });

  it("is to be listed otherwise", () => {
    expect(found("service-owner", topic("warehouse-feed"))).toMatchObject([
      { object: "warehouse-feed", fix: "add it to services: in the file of the team that runs it" },
    ]);
  });
});
