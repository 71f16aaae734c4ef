import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { type AlertTest, alertTests } from "../../components/observability/rendered/promtool-tests.ts";
import { ruleFile } from "../../components/observability/rendered/rule-file.ts";
import { SUBSTRATES } from "../../components/observability/signal.ts";
import { findPromtool } from "../toolchain/promtool.ts";
import { ruleInput } from "../unit/observability/rule-inputs.ts";
import { promtool } from "./judges/promtool.ts";

const found = await findPromtool();
const program = found?.path ?? "";

describe.skipIf(found === undefined)(
  `promtool${found === undefined ? " (skipped: it is neither installed nor unpacked: npx kit doctor --fix --kubernetes)" : ""}`,
  () => {
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), "promtool-"));
    });
    afterAll(() => {
      rmSync(folder, { recursive: true, force: true });
    });

    const written = (name: string, content: unknown): string => {
      writeFileSync(join(folder, name), stringify(content, { lineWidth: 0 }));
      return name;
    };
    const writtenTests = (tests: readonly AlertTest[], substrate: string): string[] =>
      tests.map(({ alert, groups, file }) => {
        written(`${substrate}-${alert.name}.yaml`, { groups });
        return written(`${substrate}-${alert.name}-test.yaml`, file);
      });

    it.each(SUBSTRATES)("takes all rules on %s", async (substrate) => {
      writeFileSync(join(folder, `${substrate}.yaml`), ruleFile(ruleInput(substrate)));
      const { good, text } = await promtool(program, ["check", "rules", `${substrate}.yaml`], folder);
      expect(good, text).toBe(true);
    });

    it.each(SUBSTRATES)("sees each alert fire and keep silent on %s", async (substrate) => {
      const tests = alertTests(ruleInput(substrate), ({ name }) => `${substrate}-${name}.yaml`);
      expect(tests.length).toBeGreaterThan(25);
      const { good, text } = await promtool(program, ["test", "rules", ...writtenTests(tests, substrate)], folder);
      expect(good, text).toBe(true);
    });

    it("tells of an alert that comes too late", async () => {
      const [first] = alertTests(ruleInput("local"), () => "late.yaml");
      if (first === undefined) throw new Error("there is no alert");
      written("late.yaml", {
        groups: first.groups.map(({ name, rules }) => ({
          name,
          rules: rules.map((rule) => ("alert" in rule ? { ...rule, for: "2h" } : rule)),
        })),
      });
      const { good, text } = await promtool(program, ["test", "rules", written("late-test.yaml", first.file)], folder);
      expect(good).toBe(false);
      expect(text).toContain(first.alert.name);
    });
  },
);
