import { applyPatch } from "diff";
import fc from "fast-check";
import { expect, it } from "vitest";
import { unifiedDiff } from "../../../../cli/new-service/unified-diff.ts";

it("shows changes as a unified diff", () => {
  const before = Array.from({ length: 20 }, (_, line) => `line ${line + 1}\n`).join("");
  const after = before.replace("line 4\n", "line 4\nnew\n").replace("line 17\n", "seventeen\n");
  expect(unifiedDiff("f", before, after)).toBe(
    [
      "--- a/f",
      "+++ b/f",
      "@@ -2,6 +2,7 @@",
      " line 2",
      " line 3",
      " line 4",
      "+new",
      " line 5",
      " line 6",
      " line 7",
      "@@ -14,7 +15,7 @@",
      " line 14",
      " line 15",
      " line 16",
      "-line 17",
      "+seventeen",
      " line 18",
      " line 19",
      " line 20",
    ].join("\n"),
  );
  expect(unifiedDiff("f", before, before)).toBe("");
  expect(unifiedDiff("f", "", "a\n")).toBe("--- a/f\n+++ b/f\n@@ -0,0 +1 @@\n+a");
});

it("says of a last line that it has no line end, as `diff -u` does", () => {
  expect(unifiedDiff("f", "a\nb", "a\nb\n")).toBe(
    "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b",
  );
});

it("is a patch that makes the one text of the other", () => {
  const text = fc
    .array(fc.constantFrom("a", "b", "c", "", "- d"), { maxLength: 40 })
    .map((lines) => `${lines.join("\n")}\n`);
  fc.assert(
    fc.property(text, text, (before, after) => {
      expect(applyPatch(before, `${unifiedDiff("f", before, after)}\n`)).toBe(after);
    }),
  );
});
