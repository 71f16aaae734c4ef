import { expect, it } from "vitest";
import { catalogue } from "../../../policies/catalogue.ts";
import { readExceptions } from "../../../policies/exceptions.ts";

const good = "{rule: partition-count, object: a, reason: Measured in spring., owner: checkout, expires: 2099-01-31}";

it("names the entry of the list that lacks something, not the list", () => {
  const text = [
    "exceptions:",
    `  - ${good}`,
    `  - ${good.replace("object: a", "object: b").replace("reason: Measured in spring., ", "")}`,
    "",
  ].join("\n");
  expect(readExceptions({ path: "policies/exceptions.yaml", text }, catalogue).findings).toMatchObject([
    { rule: "missing-key", line: 3, column: 5, fix: expect.stringContaining("add reason: …") as string },
  ]);
});
