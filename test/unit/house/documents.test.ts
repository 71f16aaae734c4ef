/** Documents of the repository: links lead somewhere, and the glossary has each term once. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../../..");
const pages = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => path !== "" && existsSync(join(root, path)));
const text = (path: string): string => readFileSync(join(root, path), "utf8");
const withoutCode = (content: string): string =>
  content.replaceAll(/^(```|~~~)[^]*?^\1/gm, "").replaceAll(/(`+)[^]*?\1/g, "");

/** Anchors as GitHub makes them from headings. */
function anchors(content: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  return new Set(
    [...content.replaceAll(/^```[^]*?^```/gm, "").matchAll(/^#{1,6} (.+)$/gm)].map(([, title = ""]) => {
      const plain = title
        .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, "")
        .replaceAll(" ", "-");
      const before = seen.get(plain) ?? 0;
      seen.set(plain, before + 1);
      return before === 0 ? plain : `${plain}-${before}`;
    }),
  );
}

describe.each(pages)("%s", (page) => {
  it("links to files and headings that are there", () => {
    const broken = [...withoutCode(text(page)).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = ""]) => {
      if (/^[a-z]+:/i.test(target)) return [];
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? page : relative(root, join(root, dirname(page), path));
      if (!existsSync(join(root, file))) return [target];
      return anchor !== undefined && file.endsWith(".md") && !anchors(text(file)).has(anchor) ? [target] : [];
    });
    expect(broken).toEqual([]);
  });
});

describe("the glossary", () => {
  const rows = [...text("docs/guide/glossary.md").matchAll(/^\| \*\*(.+?)\*\* \| (.+) \|$/gm)].map(
    ([, term = "", meaning = ""]) => ({ term, meaning }),
  );

  it("has each term once, with one sentence that ends", () => {
    expect(rows.length).toBeGreaterThan(50);
    expect(rows.map(({ term }) => term).filter((term, index, all) => all.indexOf(term) !== index)).toEqual([]);
    for (const { term, meaning } of rows) expect(meaning, term).toMatch(/^`?[\w`].*\.(?: \[[^\]]+\]\([^)]+\))?$/);
  });
});
