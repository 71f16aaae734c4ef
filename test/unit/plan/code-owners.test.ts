import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { expectRead } from "../../../components/model/read.ts";
import { readTopics } from "../../../components/model/topics/read-topics.ts";
import { codeOwners, formatCodeOwners } from "../../../components/plan/access/code-owners.ts";

const schema = (name: string) =>
  JSON.stringify({ type: "record", name, namespace: "n", fields: [{ name: "id", type: "string" }] });
const domain = (
  name: string,
  team: string,
  events: readonly (readonly [string, string])[],
): { path: string; text: string } => ({
  path: `topics/${name}.yaml`,
  text: `domain: ${name}\nowner: {team: ${team}, contact: c}\ncriticality: low\nservices: [${name}-service]\ntopics:\n  ${name}-events:\n    description: d\n    partitions: 1\n    events:\n${events.map(([event, path]) => `      ${event}: {schema: ${path}}\n`).join("")}`,
});
const files = [
  domain("b", "blue", [
    ["b.one", "schemas/shared/BOne.avsc"],
    ["b.two", "schemas/b/BTwo.avsc"],
  ]),
  domain("a", "amber", [["a.one", "schemas/shared/AOne.avsc"]]),
  { path: "topics/schemas/shared/AOne.avsc", text: schema("AOne") },
  { path: "topics/schemas/shared/BOne.avsc", text: schema("BOne") },
  { path: "topics/schemas/b/BTwo.avsc", text: schema("BTwo") },
];

it("gives files, schemas and services to the team of their domain, and shared folders file by file", () => {
  expect(codeOwners(expectRead(readTopics(files)), "platform")).toEqual([
    { pattern: "*", teams: ["platform"] },
    { pattern: "/topics/a.yaml", teams: ["amber"] },
    { pattern: "/topics/b.yaml", teams: ["blue"] },
    { pattern: "/topics/schemas/b/", teams: ["blue"] },
    { pattern: "/topics/schemas/shared/AOne.avsc", teams: ["amber"] },
    { pattern: "/topics/schemas/shared/BOne.avsc", teams: ["blue"] },
    { pattern: "/service-templates/a-service/", teams: ["amber"] },
    { pattern: "/service-templates/b-service/", teams: ["blue"] },
  ]);
});

it("escapes what means something in a pattern: each line matches its own file and no other", () => {
  const names = [
    "schemas/x/a b.avsc",
    "schemas/x/a#b.avsc",
    "schemas/x/a[bc].avsc",
    "schemas/x/*.avsc",
    "schemas/x/a?c.avsc",
    "schemas/x/!a.avsc",
    "schemas/x/ab.avsc",
    "schemas/x/abc.avsc",
  ];
  const odd = [
    domain(
      "a",
      "amber",
      names.map((name, index) => [`a.e${index}`, JSON.stringify(name)] as const),
    ),
    domain("b", "blue", [["b.one", "schemas/x/other.avsc"]]),
    ...names.map((name, index) => ({ path: `topics/${name}`, text: schema(`E${index}`) })),
    { path: "topics/schemas/x/other.avsc", text: schema("Other") },
  ];
  const patterns = codeOwners(expectRead(readTopics(odd)), "platform")
    .map(({ pattern }) => pattern)
    .filter((pattern) => pattern.startsWith("/topics/schemas/"));
  expect(patterns).toHaveLength(names.length + 1);
  const folder = mkdtempSync(join(tmpdir(), "owners-"));
  try {
    const git = (args: readonly string[], input?: string): string =>
      execFileSync("git", args, { cwd: folder, encoding: "utf8", ...(input === undefined ? {} : { input }) });
    git(["init", "--quiet"]);
    for (const pattern of patterns) {
      // The patterns of CODEOWNERS are those of .gitignore.
      writeFileSync(join(folder, ".gitignore"), `${pattern}\n`);
      const matched = git(
        ["check-ignore", "--no-index", "-z", "--stdin"],
        [...names, "schemas/x/other.avsc"].map((name) => `topics/${name}`).join("\0"),
      )
        .split("\0")
        .filter((path) => path !== "");
      expect(
        matched.map((path) => path.length),
        pattern,
      ).toHaveLength(1);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it.each(["schemas/x/a\n*  @mallory.avsc", "schemas/x/a\t.avsc", "schemas/x/a\u200b.avsc"])(
  "has no line for the path %j, which the model refuses",
  (path) => {
    const reading = readTopics([
      domain("a", "amber", [["a.one", JSON.stringify(path)]]),
      { path: `topics/${path}`, text: schema("AOne") },
    ]);
    expect(reading.ok ? [] : reading.problems.map(({ rule }) => rule)).toContain("control-character");
  },
);

it("is the same whatever the order of the files", () => {
  const text = (list: typeof files): string =>
    formatCodeOwners(codeOwners(expectRead(readTopics(list)), "platform"), (team) => `@o/${team}`);
  expect(text(files.toReversed())).toBe(text(files));
  expect(text(files)).toMatch(/^\/topics\/b\.yaml +@o\/blue$/m);
});
