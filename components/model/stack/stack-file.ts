import type { Problem } from "../problems/problem.ts";
import { didYouMean } from "../problems/suggestion.ts";
import type { Located } from "../problems/validation.ts";
import { refusalFixes, refusalRule, refusalText } from "../schemas/schema-files.ts";
import type { SourceFile } from "../source-file.ts";
import type { Reading } from "../types.ts";
import { readYaml } from "../yaml/yaml-document.ts";
import { parseStackSettings } from "./parse-stack.ts";
import { type StackSettings, stackSettingsKey } from "./stack.ts";

/** Reads the platform's settings from a stack's file `stacks/Pulumi.<stack>.yaml`. Pulumi handles its own keys. */
export function readStackFile(file: SourceFile): Reading<StackSettings> & { readonly at?: Located } {
  const start = { file: file.path, line: 1, column: 1 };
  if ("refused" in file) {
    if (file.refused !== "not-found")
      return {
        ok: false,
        problems: [
          {
            rule: refusalRule(file.refused),
            ...start,
            message: refusalText(file.refused, file.detail),
            fix: refusalFixes[file.refused],
          },
        ],
      };
    return {
      ok: false,
      problems: [
        {
          rule: "stack-settings-missing",
          ...start,
          message: "there is no such stack",
          fix: "create the file, for example from stacks/Pulumi.local.yaml",
        },
      ],
    };
  }
  const yaml = readYaml(file.path, file.text);
  if (yaml.problems.length > 0 || yaml.document === undefined) return { ok: false, problems: yaml.problems };
  const { at, value } = yaml.document;
  const config = property(value, "config");
  const settings = property(config, stackSettingsKey);
  if (settings === undefined) {
    const keys = typeof config === "object" && config !== null ? Object.keys(config) : [];
    const meant = didYouMean(stackSettingsKey, keys);
    const problem: Problem = {
      rule: "stack-settings-missing",
      ...at.place(["config"], "key"),
      message: `config has no ${stackSettingsKey}`,
      fix:
        meant?.startsWith("did you mean") === true
          ? `${meant.slice(0, -1)}: it must be ${stackSettingsKey}`
          : `add config: {${stackSettingsKey}: {substrate: local}}`,
    };
    return { ok: false, problems: [problem] };
  }
  const inner: Located = { place: (path, part) => at.place(["config", stackSettingsKey, ...path], part) };
  return { ...parseStackSettings(settings, inner), at: inner };
}

function property(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}
