import { expect, it } from "vitest";
import { replaceOnce } from "../../../toolchain/making/go.ts";
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
