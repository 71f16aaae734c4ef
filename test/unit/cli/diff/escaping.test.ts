import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { markdownCode, markdownCodeCell, markdownText, plain } from "../../../../cli/diff/escaping.ts";

describe("text of people in a report", () => {
  it("moves no cursor and changes no colour", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(plain(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
      }),
    );
    expect(plain("\u001b[31mred\u001b[0m\nnext")).toBe("\ufffd[31mred\ufffd[0m\ufffdnext");
  });

  it("is no markup, HTML, mention or link", () => {
    fc.assert(
      fc.property(
        fc
          .array(
            fc.oneof(
              fc.string(),
              fc.constantFrom(
                "@",
                "<",
                ">",
                "&",
                "`",
                "|",
                "[",
                "](",
                "https://",
                "www.",
                "<!--",
                "*",
                "_",
                "#12",
                "!",
                "\n",
                "~~",
                "GH-1",
              ),
            ),
            { maxLength: 12 },
          )
          .map((parts) => parts.join("")),
        (text) => {
          const shown = markdownText(text);
          expect(shown).not.toMatch(/[<>@\n]|:\/\/|\bwww\./i);
          expect(shown.replace(/\\.|&#\d+;/g, "")).not.toMatch(/[`*_|[\]#!~]/);
        },
      ),
    );
  });

  it("stays readable where it is harmless", () => {
    expect(markdownText("order-events: 1.3 GB/s, 12 of 40")).toBe("order-events: 1.3 GB/s, 12 of 40");
  });

  it("can't leave its code", () => {
    expect(markdownCode("a`b``c")).toBe("```a`b``c```");
    expect(markdownCode("`")).toBe("`` ` ``");
    expect(markdownCode("two\nlines")).toBe("`two\ufffdlines`");
    expect(markdownCodeCell("a|b")).toBe("`a\\|b`");
  });
});
