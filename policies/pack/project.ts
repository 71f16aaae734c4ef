import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadFile, loadTopicFiles } from "../../components/model/load.ts";
import { type SourceFile, stackFilePath, stackOfPath } from "../../components/model/source-file.ts";
import { type StackSettings, stackSettingsSchema } from "../../components/model/stack/stack.ts";
import { readStackFile } from "../../components/model/stack/stack-file.ts";
import { modelFor } from "../../components/model/topics/environment.ts";
import { readTopicsAsFarAsGood } from "../../components/model/topics/read-topics.ts";
import type { Model, TopicDeclaration } from "../../components/model/types.ts";
import { catalogue } from "../catalogue.ts";
import { type Exception, exceptionsPath, readExceptions } from "../exceptions.ts";
import type { Finding } from "../finding.ts";
import { defaultSettings, type RuleSettings, readRuleSettings } from "../rule-settings.ts";

/** The project's files for one stack: its settings, levels, exceptions, and declaration. */
export interface PolicyProject {
  readonly stack: StackSettings;
  readonly settings: RuleSettings;
  readonly exceptions: readonly Exception[];
  readonly declarations: ReadonlyMap<string, TopicDeclaration>;
  /** Absent if the files cannot be read, and for stacks of other projects. Then only resources are judged. */
  readonly model?: Model;
  /** Faults of the files themselves. */
  readonly findings: readonly Finding[];
}

/** A stack of a project, as in the URNs of its resources. */
export interface StackName {
  readonly project: string;
  readonly stack: string;
}

/** Parses the stack and project of a resource's URN, `urn:pulumi:<stack>::<project>::…`; undefined for any other text. */
export function stackOfUrn(urn: string): StackName | undefined {
  const [, stack, project] = /^urn:pulumi:(.*?)::(.*?)::/.exec(urn) ?? [];
  return stack === undefined || project === undefined ? undefined : { project, stack };
}

/** The project's files, as they were read. */
export interface PolicyFiles {
  /** Everything below `topics/`. */
  readonly files: readonly SourceFile[];
  /** Absent for stacks of other projects. */
  readonly stack?: SourceFile;
  readonly exceptions: SourceFile;
}

/**
 * Reads a stack's part of the project. A stack of another project, or one without a file, is judged by the catalogue's
 * own levels and as a production stack.
 */
export async function readPolicyProject(projectDir: string, name: StackName): Promise<PolicyProject> {
  const own = name.project === projectName(projectDir);
  const [exceptions, files] = await Promise.all([
    loadFile(projectDir, exceptionsPath),
    own ? loadTopicFiles(projectDir) : [],
  ]);
  return policyProject({
    files,
    exceptions,
    ...(own ? { stack: await loadFile(projectDir, stackFilePath(name.stack)) } : {}),
  });
}

/** Returns the same from files that were already read. Pure. */
export function policyProject(input: PolicyFiles): PolicyProject {
  const stackFile = input.stack === undefined ? undefined : readStackFile(input.stack);
  const { exceptions, findings } = readExceptions(input.exceptions, catalogue);
  if (stackFile === undefined || !stackFile.ok) {
    const problems =
      stackFile === undefined ? [] : stackFile.problems.filter(({ rule }) => rule !== "stack-settings-missing");
    return {
      stack: strangerSettings(),
      settings: defaultSettings(catalogue.values()),
      exceptions,
      declarations: new Map(),
      findings: [...findings, ...problems.map((problem): Finding => ({ ...problem, level: "error" }))],
    };
  }
  const { at } = stackFile;
  const rules = readRuleSettings(
    catalogue,
    stackFile.value.policies,
    at === undefined ? undefined : { place: (path, part) => at.place(["policies", ...path], part) },
  );
  const { model: whole, problems } = readTopicsAsFarAsGood(input.files);
  const model = modelFor(whole, input.stack === undefined ? undefined : stackOfPath(input.stack.path));
  return {
    stack: stackFile.value,
    settings: rules.settings,
    exceptions,
    declarations: new Map(model.domains.flatMap((domain) => domain.topics).map((topic) => [topic.name, topic])),
    ...(problems.length > 0 ? {} : { model }),
    findings: [...findings, ...rules.findings, ...problems.map((problem): Finding => ({ ...problem, level: "error" }))],
  };
}

function strangerSettings(): StackSettings {
  return { ...stackSettingsSchema.parse({ substrate: "local" }), substrate: "kubernetes" };
}

function projectName(projectDir: string): string | undefined {
  return /^name:\s*(\S+)/m.exec(readFileSync(join(projectDir, "Pulumi.yaml"), "utf8"))?.[1];
}
