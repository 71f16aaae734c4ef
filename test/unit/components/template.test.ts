import { describe, expect, it } from "vitest";
import { calledFirst, parseServiceTemplate } from "../../../components/services/template.ts";

const valid = `
name: order-service
description: Takes orders
runtime: {entry: src/main.ts}
management: {liveness: /livez, readiness: /readyz, metrics: /metrics}
resources: {cpu: 250m, memory: 192Mi}
`;

describe("parseServiceTemplate", () => {
  it("gives what is left out its default", () => {
    expect(parseServiceTemplate("order-service", valid)).toMatchObject({ kafka: false, calls: [] });
  });

  it.each([
    ["an unknown key", `${valid}databse: {migrations: migrations}\n`, /template\.yaml: .*databse/],
    ["a wrong unit", valid.replace("250m", "250"), /resources\.cpu: is a number of milli-CPUs/],
    [
      "YAML that does not parse",
      valid.replace("Takes orders", "Takes: orders"),
      /order-service\/template\.yaml: Nested mappings .* line 3/s,
    ],
    ["a missing key", valid.replace("description: Takes orders\n", ""), /description/],
  ])("names file, key and rule for %s", (_, text, message) => {
    expect(() => parseServiceTemplate("order-service", text)).toThrow(message);
  });

  it("refuses a name that is not the folder's", () => {
    expect(() => parseServiceTemplate("payment-service", valid)).toThrow(
      /name is order-service, but the folder is payment-service/,
    );
  });
});

describe("calledFirst", () => {
  const service = (name: string, ...calls: string[]) =>
    parseServiceTemplate(name, `${valid.replace("order-service", name)}calls: [${calls.join(", ")}]\n`);

  it("puts every service after those it calls, and keeps the order otherwise", () => {
    const ordered = calledFirst([
      service("gateway", "orders"),
      service("billing"),
      service("orders", "prices"),
      service("prices"),
    ]);
    expect(ordered.map((template) => template.name)).toEqual(["prices", "orders", "gateway", "billing"]);
  });

  it("refuses a circle and an unknown service, naming them", () => {
    expect(() => calledFirst([service("a-one", "b-two"), service("b-two", "a-one")])).toThrow(
      /circle: a-one -> b-two -> a-one/,
    );
    expect(() => calledFirst([service("gateway", "ordres")])).toThrow(
      /gateway\/template\.yaml: calls: there is no service ordres/,
    );
  });
});
