import { expect, it } from "vitest";
import { replaceOnce } from "../../../toolchain/making/go.ts";
import { membershipMayAct } from "../../../toolchain/pulumi/postgresql-membership.ts";
import { groupCommit } from "../../../toolchain/pulumi/pulumi-group-commit.ts";

it("replaces a text that stands once", () => {
  expect(replaceOnce("a $& b $& c", "b $&", "$1", "file")).toBe("a $& $1 c");
});

it.each([
  ["missing", "a c", 0],
  ["twice", "b b", 2],
])("refuses a text that is %s", (_, text, count) => {
  expect(() => replaceOnce(text, "b", "x", "module/file.go")).toThrow(
    new RegExp(`module/file\\.go has the text to be changed ${count} times`, "u"),
  );
});

it("answers every gathered step with the outcome of the one write", () => {
  const [replacement] = groupCommit.replacements;
  expect(replacement?.to.match(/saveSnapshot/gu)).toHaveLength(1);
  expect(replacement?.to).toContain("waiting.result <- err");
});

it("asks for the right to act as a role in a way that servers without the column understand", () => {
  const [replacement] = membershipMayAct.replacements;
  expect(replacement?.to).toContain("to_jsonb(m) ->> 'set_option'");
  expect(replacement?.to).not.toMatch(/m\.set_option|AND set_option/u);
});
