import { describe, expect, it } from "vitest";
import { EditableYaml } from "../../../../cli/new-service/yaml-edits.ts";

/** The text with one entry more beside another. */
function beside(text: string, path: readonly string[], key = "new"): string {
  const yaml = new EditableYaml("file.yaml", text);
  const entry = yaml.find(path);
  if (entry === undefined) throw new Error(`${path.join(".")} is not there`);
  yaml.addBeside(entry, key);
  return yaml.text;
}

describe("an entry beside another one", () => {
  it.each<[string, string, string]>([
    [
      "braces on the same line",
      "a:\n  old: {x: 1,  y: [2]}   # why\n  z: 1\n",
      "a:\n  old: {x: 1,  y: [2]}   # why\n  new: {x: 1,  y: [2]}\n  z: 1\n",
    ],
    [
      "braces on the next line",
      "a:\n  old:\n    {x: 1}\n\n# end\n",
      "a:\n  old:\n    {x: 1}\n  new:\n    {x: 1}\n\n# end\n",
    ],
    [
      "a block",
      "a:\n  old:\n    x: 1   # one\n    y:\n      - 2\n      - 3\n\n  # about z\n  z: 1\n",
      "a:\n  old:\n    x: 1   # one\n    y:\n      - 2\n      - 3\n  new:\n    x: 1   # one\n    y:\n      - 2\n      - 3\n\n  # about z\n  z: 1\n",
    ],
    ["within braces", "a: {old: {x: 1}, z: {}}\n", "a: {old: {x: 1}, new: {x: 1}, z: {}}\n"],
    ["at the end of a file without a line end", "a:\n  old: {}", "a:\n  old: {}\n  new: {}\n"],
    [
      "with the line ends of Windows",
      "a:\r\n  old: {x: 1}\r\n  z: 1\r\n",
      "a:\r\n  old: {x: 1}\r\n  new: {x: 1}\r\n  z: 1\r\n",
    ],
    ["quoted", 'a:\n  "old": {x: 1}\n', 'a:\n  "old": {x: 1}\n  new: {x: 1}\n'],
  ])("%s", (_name, text, expected) => {
    expect(beside(text, ["a", "old"])).toBe(expected);
  });
});

describe("an entry at the end of a mapping", () => {
  it.each<[string, string, readonly string[], boolean, string]>([
    [
      "in lines",
      "a:\n  x: {}   # one\n\n# end\nb: 1\n",
      ["a"],
      false,
      "a:\n  x: {}   # one\n  new: {v: 1}\n\n# end\nb: 1\n",
    ],
    ["below its key", "a:\n  x: {}\n", ["a"], true, "a:\n  x: {}\n  new:\n    {v: 1}\n"],
    ["in braces", "a: {x: {}}\n", ["a"], true, "a: {x: {}, new: {v: 1}}\n"],
    ["in empty braces", "a: {}  # none\n", ["a"], false, "a: {new: {v: 1}}  # none\n"],
    ["under a key without a value", "a:\nb: 1\n", ["a"], false, "a:\n  new: {v: 1}\nb: 1\n"],
    [
      "in a mapping that is made for it",
      "t:\n  one:\n    d: x\n  two:\n    d: y\n",
      ["t", "one", "consumers"],
      false,
      "t:\n  one:\n    d: x\n    consumers:\n      new: {v: 1}\n  two:\n    d: y\n",
    ],
    [
      "in a mapping that is made in braces",
      "t: {one: {d: x}}\n",
      ["t", "one", "consumers"],
      false,
      "t: {one: {d: x, consumers: {new: {v: 1}}}}\n",
    ],
  ])("%s", (_name, text, path, below, expected) => {
    const yaml = new EditableYaml("file.yaml", text);
    yaml.addEntry(path, "new", "{v: 1}", below);
    expect(yaml.text).toBe(expected);
  });

  it("is refused where there is no mapping", () => {
    expect(() => new EditableYaml("file.yaml", "a: [1]\n").addEntry(["a"], "new", "1")).toThrow(/a is no mapping/);
  });
});

describe("an item at the end of a list", () => {
  it.each<[string, string, string]>([
    ["in brackets", "s: [a,  b]  # why\n", "s: [a,  b, c]  # why\n"],
    ["in empty brackets", "s: []\n", "s: [c]\n"],
    ["in lines", "s:\n  - a\n  - b # b\nt: 1\n", "s:\n  - a\n  - b # b\n  - c\nt: 1\n"],
    ["in lines that are not indented", "s:\n- a\nt: 1\n", "s:\n- a\n- c\nt: 1\n"],
  ])("%s", (_name, text, expected) => {
    const yaml = new EditableYaml("file.yaml", text);
    const entry = yaml.find(["s"]);
    if (entry !== undefined) yaml.addItem(entry, "c");
    expect(yaml.text).toBe(expected);
  });
});

it("says of a file that it cannot add to it", () => {
  expect(() => new EditableYaml("topics/a.yaml", "- a\n")).toThrow(/topics\/a\.yaml/);
  expect(() => new EditableYaml("topics/a.yaml", "a: [")).toThrow(/topics\/a\.yaml/);
});
