import { expect, it } from "vitest";
import { teamRows } from "../../../../cli/diff/text-report.ts";
import { expectRead, readModel } from "../../../../components/model/read.ts";
import { type SourceFile, stackFilePath } from "../../../../components/model/source-file.ts";
import { comparePlatforms } from "../../../../components/plan/diff/compare.ts";
import { type PlatformState, platformState } from "../../../../components/plan/diff/state.ts";
import { corpusBase, corpusStack } from "../../../corpus/read-case.ts";

function stateOf(files: readonly SourceFile[]): PlatformState {
  const stackFile = files.find(({ path }) => path === stackFilePath(corpusStack));
  if (stackFile === undefined) throw new Error("the corpus has no stack");
  const { model, stack } = expectRead(
    readModel(
      files.filter((file) => file !== stackFile),
      stackFile,
    ),
  );
  return platformState(model, stack, corpusStack);
}

it("lists a team whose last topic goes to another team", async () => {
  const files = await corpusBase();
  const renamed = files.map((file) =>
    "text" in file ? { ...file, text: file.text.replace("team: payments", "team: wallet") } : file,
  );
  const { capacity } = comparePlatforms({ before: stateOf(files), after: stateOf(renamed) }, { today: "2026-11-25" });
  expect(teamRows(capacity).map(([team, before, after]) => [team, before, after])).toEqual([
    ["checkout", "18", "18"],
    ["payments", "6", "0"],
    ["wallet", "0", "6"],
  ]);
});
