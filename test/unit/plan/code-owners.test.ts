import { expect, it } from "vitest";
import { readTopics } from "../../../components/model/read-topics.ts";
import { expectRead } from "../../../components/model/read.ts";
import { codeOwners, formatCodeOwners } from "../../../components/plan/code-owners.ts";

const schema = (name: string) => JSON.stringify({ type: "record", name, namespace: "n", fields: [{ name: "id", type: "string" }] });
const domain = (name: string, team: string, events: readonly (readonly [string, string])[]): { path: string; text: string } => ({
  path: `topics/${name}.yaml`,
  text: `domain: ${name}\nowner: {team: ${team}, contact: c}\ncriticality: low\nservices: [${name}-service]\ntopics:\n  ${name}-events:\n    description: d\n    partitions: 1\n    events:\n${events.map(([event, path]) => `      ${event}: {schema: ${path}}\n`).join("")}`,
});
const files = [
  domain("b", "blue", [["b.one", "schemas/shared/BOne.avsc"], ["b.two", "schemas/b/BTwo.avsc"]]),
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

it("is the same whatever the order of the files", () => {
  const text = (list: typeof files): string => formatCodeOwners(codeOwners(expectRead(readTopics(list)), "platform"), (team) => `@o/${team}`);
  expect(text(files.toReversed())).toBe(text(files));
  expect(text(files)).toMatch(/^\/topics\/b\.yaml +@o\/blue$/m);
});
