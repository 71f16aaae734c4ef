import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readPlainYaml } from "../../../components/model/yaml/plain-yaml.ts";
import { findHiddenCharacter, readYaml } from "../../../components/model/yaml/yaml-document.ts";

const depth = 32;
const folder = join(import.meta.dirname, "..", "..", "..", "topics");
const shipped = readdirSync(folder)
  .filter((name) => name.endsWith(".yaml"))
  .map((name) => readFileSync(join(folder, name), "utf8"));

const samples = [
  ...shipped,
  "a: 1\nb:\n  - x\n  - y: 2\n    z: [1, two, {three: 3}]\n  -\n    deep: yes\nc: >\n  folded\n  text\nd: |-\n  kept\n   more\n",
  "# head\n\na:   b   # behind\n# between\n\nc: {d: \"e # no\", 'f': g,}\nh: [\n  1,\n  2, # two\n]\n# end\n",
  "list:\n- a\n- b\nnull_: ~\nx: 0x1f\ny: -3\nz: 1.5e3\nday: 2026-01-01\nsize: 10MiB\nt: true\nq: 'it''s'\n\"k\": v\n",
  'a:\n  \'b c\' : 1\n  "d": {"e":1, f: [ ], g: { }}\n  h : |2\n     i\n\n    j\n  k: >+\n    l\n\n\n  m: |-\n    # n\n   \n    o\n',
  "a:\n  - {b: c, d: e}\n  - [f, g]\n  - h: i\n    j:\n      - k\n  - l\n#m\nn: [o,\n  p]\nq: {r: s,\n    t: u}\n",
];

/** What makes YAML turn: indicators, quotes, blanks, ends of lines, words with a meaning. */
const pieces = fc.constantFrom(
  ":",
  " ",
  "  ",
  "\n",
  "\n  ",
  "\n    ",
  "-",
  "- ",
  "#",
  " #",
  "{",
  "}",
  "[",
  "]",
  ",",
  "'",
  '"',
  "|",
  ">",
  "?",
  "? ",
  "&a",
  "*a",
  "!",
  "!!str ",
  "%",
  "@",
  "`",
  "~",
  "null",
  "true",
  "1",
  "0x",
  ".5",
  "1e3",
  "a",
  "key: ",
  "\\",
  "\\n",
  "---",
  "\n---\n",
  "...",
  "<<: ",
  "\r\n",
  ": ",
  "é",
  "😀",
  "b: ",
  "\n  b: ",
  "\n- ",
  "\n  - ",
  "'c'",
  '"d"',
  '"e": ',
  "|\n",
  ">-\n  ",
  "|+\n    ",
  "|1\n ",
  "\n\n",
  "True",
  "0o7",
  "-0",
  "007",
  "1_000",
  ".inf",
  "12345678901234567890",
  "1.0",
  "yes",
  "on",
  "2001-12-14",
  "0b1",
  "1:30",
);

const mutated = fc
  .record({
    text: fc.constantFrom(...samples),
    edits: fc.array(fc.record({ at: fc.nat(10_000), remove: fc.nat(6), insert: fc.option(pieces, { nil: "" }) }), {
      maxLength: 4,
    }),
  })
  .map(({ text, edits }) =>
    edits.reduce((now, { at, remove, insert }) => {
      const place = at % (now.length + 1);
      return now.slice(0, place) + insert + now.slice(place + remove);
    }, text),
  );

/** Nothing but such pieces, in any order. */
const pieced = fc.array(pieces, { minLength: 1, maxLength: 14 }).map((list) => list.join(""));

/** A tab anywhere keeps the quick way out. */
const aTab = "#\t\n";

/** The composer's reading; its lines count from {@link aTab}. */
function composed(text: string): ReturnType<typeof readYaml> {
  return readYaml("f.yaml", `${aTab}${text}`);
}

function paths(value: unknown, path: readonly PropertyKey[] = []): readonly (readonly PropertyKey[])[] {
  if (typeof value !== "object" || value === null) return [path];
  const entries: readonly (readonly [PropertyKey, unknown])[] = Array.isArray(value)
    ? value.map((item: unknown, index) => [index, item] as const)
    : Object.entries(value);
  return [path, ...entries.flatMap(([key, inner]) => paths(inner, [...path, key])), [...path, "missing"]];
}

describe("the quick way through plain YAML", () => {
  it("reads every shipped file", () => {
    for (const text of shipped) expect(readPlainYaml(text, depth)?.value).toEqual(composed(text).document?.value);
  });

  it.each([
    ["a fault", "a: [1"],
    ["a second document", "a: 1\n---\nb: 2\n"],
    ["an anchor", "a: &x 1"],
    ["an alias", "a: &x 1\nb: *x\n"],
    ["a tag", "a: !!str 1"],
    ["equal keys", "a: 1\na: 2\n"],
    ["a merge key", "<<: {a: 1}\n"],
    ["an escape", 'a: "\\u200b"'],
    ["no value", "a:\nb: 1\n"],
    ["a scalar alone", "a"],
    ["nothing", ""],
    ["a mapping on the line of its key", "a: b: c\n"],
    ["a list on the line of its key", "a: - b\n"],
    ["a prototype", "__proto__: {a: 1}\n"],
    ["a wrong column", "a:\n   b: 1\n  c: 2\n"],
    ["the end of a document", "...\na: 1\n"],
    ["a directive", "%YAML 1.1\n---\na: 1\n"],
    ["a key with a question mark", "? a\n: b\n"],
    ["a key that is a number", "1: a\n"],
    ["a key that is no text", "true: a\n"],
    ["a long key", `${"k".repeat(1_025)}: a\n`],
    ["a null", "a: ~\n"],
    ["an octal number", "a: 0o17\n"],
    ["a number that is not written as JavaScript does", "a: 1.0\n"],
    ["a large number", "a: 12345678901234567890\n"],
    ["a text over several lines", "a: b\n  c\n"],
    ["a line of blanks in a text", "a: |\n  b\n   \n"],
    ["line ends of other systems", "a: 1\r\nb: 2\r\n"],
  ])("leaves %s to the composer", (_what, text) => {
    expect(readPlainYaml(text, depth)).toBeUndefined();
  });

  it("takes words and dates of YAML 1.1 for text, as the composer does", () => {
    const text =
      "a: [yes, no, on, off, y, n, 2001-12-14, 1_000, 1:30, 0b1, 7d, 10MiB]\n'b c': {\"d\":true, e: 42}\nf: >-\n  g\n  h\n";
    expect(readPlainYaml(text, depth)?.value).toEqual({
      a: ["yes", "no", "on", "off", "y", "n", "2001-12-14", "1_000", "1:30", "0b1", "7d", "10MiB"],
      "b c": { d: true, e: 42 },
      f: "g h",
    });
  });

  it("leaves more levels than are allowed to the composer", () => {
    const nested = (levels: number): string => `a: ${"[".repeat(levels)}x${"]".repeat(levels)}\n`;
    expect(readPlainYaml(nested(depth - 2), depth)).toBeDefined();
    expect(readPlainYaml(nested(depth + 1), depth)).toBeUndefined();
  });

  it("never reads what the composer refuses, nor reads it otherwise", () => {
    let plain = 0;
    fc.assert(
      fc.property(fc.oneof({ arbitrary: mutated, weight: 3 }, { arbitrary: pieced, weight: 1 }), (text) => {
        if (findHiddenCharacter(text) !== undefined) return;
        const quick = readPlainYaml(text, depth);
        if (quick === undefined) return;
        plain += 1;
        const slow = composed(text);
        expect(slow.problems).toEqual([]);
        expect(quick.value).toEqual(slow.document?.value);
        const lines = `${aTab}${text}`.split("\n");
        // The root has no key: its file's beginning stands in.
        const offset = ({ line, column } = { line: 1, column: 1 }): number =>
          Math.max(0, lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0) + column - 1 - aTab.length);
        for (const path of paths(quick.value)) {
          for (const part of ["key", "value"] as const)
            expect(quick.offsetOf(path, part), `${path.join("/")} ${part}`).toBe(
              offset(slow.document?.at.place(path, part)),
            );
        }
      }),
      { numRuns: Number(process.env.PLAIN_YAML_RUNS ?? 3_000) },
    );
    expect(plain, "some stayed plain").toBeGreaterThan(100);
  }, 600_000);
});
