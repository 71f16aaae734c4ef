/** The README's example for product teams is valid, and does not change other teams' work. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { EditableYaml } from "../../../cli/new-service/yaml-edits.ts";
import { loadFile, loadTopicFiles } from "../../../components/model/load.ts";
import { expectRead, readModel } from "../../../components/model/read.ts";
import { type SourceFile, stackFilePath } from "../../../components/model/source-file.ts";
import { comparePlatforms } from "../../../components/plan/diff/compare.ts";
import { platformState } from "../../../components/plan/diff/state.ts";
import { checkDeclaration } from "../../../policies/check.ts";
import { exceptionsPath } from "../../../policies/exceptions.ts";

const projectDir = join(import.meta.dirname, "../../..");
const today = "2026-12-01";
const before = await loadTopicFiles(projectDir);
const exceptions = await loadFile(projectDir, exceptionsPath);

/** The first YAML block of the section on topics, as the file's other entries are written. */
function example(): SourceFile[] {
  const [, yaml = ""] =
    /^## Add a topic$[\s\S]*?```yaml\n([\s\S]*?)```/m.exec(readFileSync(join(projectDir, "README.md"), "utf8")) ?? [];
  const [[name, topic] = ["", ""]] = Object.entries((parse(yaml) as { topics: Record<string, unknown> }).topics);
  const file = before.find(({ path }) => path === "topics/order.yaml");
  if (file === undefined || !("text" in file)) throw new Error("there is no topics/order.yaml");
  const edited = new EditableYaml(file.path, file.text);
  edited.addEntry(["topics"], name, JSON.stringify(topic), false);
  const schema = {
    type: "record",
    name: "OrderNoted",
    namespace: "com.globalmart.events",
    doc: "A remark on an order.",
    fields: [
      { name: "orderId", type: "string", doc: "The order." },
      { name: "timestamp", type: "long", doc: "When, milliseconds since 1970." },
    ],
  };
  return [
    ...before.filter((each) => each !== file),
    { path: file.path, text: edited.text },
    { path: "topics/schemas/order/OrderNoted.avsc", text: JSON.stringify(schema) },
  ];
}

describe.each(["local", "dev", "staging", "prod"])("the README's new topic, in %s", (stack) => {
  it("breaks no rule", async () => {
    const stackFile = await loadFile(projectDir, stackFilePath(stack));
    const said = (files: readonly SourceFile[]) =>
      checkDeclaration({ files, stack: stackFile, exceptions, today })
        .findings.filter(({ level }) => level !== "info")
        .map(({ rule, object, message }) => `${rule} ${object ?? ""}: ${message}`);
    expect(said(example())).toEqual(said(before));
  });

  it("is safe", async () => {
    const stackFile = await loadFile(projectDir, stackFilePath(stack));
    const stateOf = (files: readonly SourceFile[]) => {
      const read = expectRead(readModel(files, stackFile));
      return platformState(read.model, read.stack, stack);
    };
    const { verdict, changes } = comparePlatforms({ before: stateOf(before), after: stateOf(example()) }, { today });
    expect(changes.filter(({ hazard }) => hazard !== "safe")).toEqual([]);
    expect(verdict).toBe("safe");
  });
});
