import { describe, expect, it } from "vitest";
import type { SourceLocation } from "../../../../components/model/problems/source-location.ts";
import { expectRead, readModel } from "../../../../components/model/read.ts";
import { type SourceFile, stackFilePath } from "../../../../components/model/source-file.ts";
import { comparePlatforms } from "../../../../components/plan/diff/compare.ts";
import { knownHistory } from "../../../../components/plan/diff/schemas/schema-history.ts";
import { type PlatformState, platformState } from "../../../../components/plan/diff/state.ts";
import type { Change } from "../../../../components/plan/diff/types.ts";
import { catalogue } from "../../../../policies/catalogue.ts";
import { checkDeclaration } from "../../../../policies/check.ts";
import { compareExceptions } from "../../../../policies/exception-changes.ts";
import { type Exception, readExceptions } from "../../../../policies/exceptions.ts";
import type { Finding } from "../../../../policies/finding.ts";
import {
  type CorpusCase,
  corpusCases,
  corpusStack,
  corpusStacks,
  type ExpectedChange,
  type ExpectedFinding,
} from "../../../corpus/read-case.ts";

const cases = await corpusCases();

function split(
  files: readonly SourceFile[],
  name: string,
): { readonly stack: SourceFile; readonly files: readonly SourceFile[] } {
  const stack = files.find(({ path }) => path === stackFilePath(corpusStack));
  if (stack === undefined || !("text" in stack)) throw new Error("the corpus has no stack");
  return { stack: { ...stack, path: stackFilePath(name) }, files: files.filter((file) => file !== stack) };
}

function stateOf(all: readonly SourceFile[], name: string): PlatformState {
  const { stack: stackFile, files } = split(all, name);
  const { model, stack } = expectRead(readModel(files, stackFile));
  return platformState(model, stack, name);
}

/** Expects what `kit check` must say, and no error besides. Whether a rule is broken. */
function judgeRules(
  { after, before, exceptions, today, stack }: CorpusCase,
  wanted: readonly ExpectedFinding[],
): boolean {
  const { findings } = checkDeclaration({
    ...split(after, stack),
    stackNames: corpusStacks,
    exceptions: exceptions.after,
    before: stateOf(before, stack).planned,
    today,
  });
  const fits = (each: ExpectedFinding, { rule, file, line, message, fix = "" }: Finding): boolean =>
    each.rule === rule &&
    (each.file ?? file) === file &&
    (each.line ?? line) === line &&
    message.includes(each.message ?? "") &&
    fix.includes(each.fix ?? "");
  const told = findings
    .map((each) => `${each.level} ${each.rule} ${each.file}:${each.line} ${each.message} (${each.fix ?? ""})`)
    .join("\n");
  for (const each of wanted)
    expect(
      findings.some((finding) => fits(each, finding)),
      `${JSON.stringify(each)} among\n${told}`,
    ).toBe(true);
  const errors = findings.filter(({ level }) => level === "error");
  expect(errors.filter((finding) => !wanted.some((each) => fits(each, finding)))).toEqual([]);
  return errors.length > 0;
}

function entriesOf(file: SourceFile): readonly Exception[] {
  const { exceptions, findings } = readExceptions(file, catalogue);
  expect(findings).toEqual([]);
  return exceptions;
}

/** Whether a place is one of the head's: a reader who opens the file there finds it. */
function placeExists(files: readonly SourceFile[], { file, line, column }: SourceLocation): boolean {
  const found = files.find(({ path }) => path === file);
  const text = found !== undefined && "text" in found ? found.text.split("\n")[line - 1] : undefined;
  return text !== undefined && column <= text.length;
}

const matches = (wanted: ExpectedChange, change: Change): boolean =>
  wanted.kind === change.kind &&
  wanted.object === change.object &&
  (wanted.field === undefined || wanted.field === change.field);

describe("the corpus of changes", () => {
  it("has at least 200 cases, of every hazard", () => {
    expect(cases.length).toBeGreaterThanOrEqual(200);
    expect(new Set(cases.map((each) => each.expect.verdict))).toEqual(
      new Set(["safe", "approval", "irreversible", "refused"]),
    );
  });

  it.each(cases.map((each) => [each.name, each] as const))("%s", (_, given) => {
    const { before, after, history, exceptions, today, stack: name, expect: wanted } = given;
    const ruleBroken = wanted.findings !== undefined && judgeRules(given, wanted.findings);
    const { stack, files } = split(after, name);
    if (!readModel(files, stack, { stacks: corpusStacks }).ok) {
      // As the commands do: what can't be read is refused, and nothing is compared.
      expect({ verdict: wanted.verdict, ruleBroken, changes: wanted.changes }).toEqual({
        verdict: "refused",
        ruleBroken: true,
        changes: [],
      });
      return;
    }
    const further = compareExceptions(entriesOf(exceptions.before), entriesOf(exceptions.after));
    const diff = comparePlatforms(
      { before: stateOf(before, name), after: stateOf(after, name) },
      { today, history: knownHistory(history), further, ruleBroken },
    );
    const told = diff.changes.map(({ kind, object, field, hazard }) => `${hazard} ${kind} ${object} ${field ?? ""}`);
    expect(diff.verdict, told.join("\n")).toBe(wanted.verdict);
    for (const each of wanted.changes) {
      const [change, ...others] = diff.changes.filter((candidate) => matches(each, candidate));
      expect(change, `${JSON.stringify(each)} among\n${told.join("\n")}`).toBeDefined();
      expect(others).toEqual([]);
      if (change === undefined) continue;
      expect(change.hazard).toBe(each.hazard);
      if (each.reviewers !== undefined) expect(change.reviewers).toEqual(each.reviewers);
      if (change.hazard === "safe") expect(change.reviewers).toEqual([]);
      else expect(change.reviewers).not.toEqual([]);
      if (change.hazard === "refused") expect(change.advice ?? []).not.toEqual([]);
      const texts = change.effects.join("\n");
      for (const part of each.effects ?? []) expect(texts).toContain(part);
      for (const part of each.without ?? []) expect(texts).not.toContain(part);
      for (const part of each.advice ?? []) expect((change.advice ?? []).join("\n")).toContain(part);
    }
    for (const { source } of diff.changes)
      if (source !== undefined)
        expect(placeExists([...after, exceptions.after], source), JSON.stringify(source)).toBe(true);
    // What needs somebody's attention is all in the case.
    const unexpected = diff.changes.filter(
      (change) => change.hazard !== "safe" && !wanted.changes.some((each) => matches(each, change)),
    );
    expect(
      unexpected.map(({ kind, object, field, hazard, effects }) => ({ kind, object, field, hazard, effects })),
    ).toEqual([]);
  });
});
