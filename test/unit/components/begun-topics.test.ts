import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { BEGUN_TOPICS_VARIABLE, begunTopics } from "../../../components/kafka/begun-topics.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "begun-topics-"));
});
afterAll(() => rm(folder, { recursive: true }));

it("gives the names in the file", async () => {
  const file = join(folder, "begun.json");
  await writeFile(file, '["a","b"]\n');
  expect([...begunTopics({ [BEGUN_TOPICS_VARIABLE]: file })]).toEqual(["a", "b"]);
});

it.each([
  ["no variable", {}],
  ["an empty one", { [BEGUN_TOPICS_VARIABLE]: "" }],
  ["a file that is gone", { [BEGUN_TOPICS_VARIABLE]: "/nowhere/begun.json" }],
])("gives none for %s", (_, environment) => {
  expect(begunTopics(environment).size).toBe(0);
});
