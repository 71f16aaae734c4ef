/** The corpus of changes: a small project, and cases that change it, each with its expected judgement. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isMap, parse, parseDocument, stringify } from "yaml";
import { loadTopicFiles } from "../../components/model/load.ts";
import { isSchemaPath, type SourceFile, stackFilePath } from "../../components/model/source-file.ts";
import type { Hazard } from "../../components/plan/diff/types.ts";
import { exceptionsPath } from "../../policies/exceptions.ts";

/** Edits of one file: values by path, steps divided by `/`; null deletes. Instead of edits, null deletes the file, and a text takes its place. */
type FileEdits = Readonly<Record<string, unknown>> | string | null;
type Edits = Readonly<Record<string, FileEdits>>;

/** A change that a case must produce. Effects and advice are parts of the texts. */
export interface ExpectedChange {
  readonly kind: string;
  readonly object: string;
  readonly field?: string;
  readonly hazard: Hazard;
  readonly effects?: readonly string[];
  readonly without?: readonly string[];
  readonly advice?: readonly string[];
  readonly reviewers?: readonly string[];
}

/** Expected findings of `kit check` on the head. The texts are parts of the message and the fix. */
export interface ExpectedFinding {
  readonly rule: string;
  readonly file?: string;
  readonly line?: number;
  readonly message?: string;
  readonly fix?: string;
}

/** One case of the corpus. */
export interface CorpusCase {
  readonly name: string;
  readonly about: string;
  readonly before: readonly SourceFile[];
  readonly after: readonly SourceFile[];
  /** Earlier versions of schemas, newest first, by the record's full name. */
  readonly history: ReadonlyMap<string, readonly string[]>;
  /** Exceptions from rules, as files. */
  readonly exceptions: { readonly before: SourceFile; readonly after: SourceFile };
  /** The day of the judgement. */
  readonly today: string;
  /** The stack that is judged for. Its file is the project's one. */
  readonly stack: string;
  /** With `findings`, the rules are asked as well: they are all the errors that there must be, and some of the warnings. */
  readonly expect: {
    readonly verdict: Hazard;
    readonly changes: readonly ExpectedChange[];
    readonly findings?: readonly ExpectedFinding[];
  };
}

interface CaseFile {
  readonly about: string;
  /** Schemas that only the head has, by path. */
  readonly files?: Readonly<Record<string, unknown>>;
  /** Schemas that the base project does not have and both sides do, by path; edits may change them. */
  readonly given?: Readonly<Record<string, unknown>>;
  readonly before?: Edits;
  readonly after: Edits;
  /** Parts of the head's texts that are replaced as they stand, after the edits: for what YAML would write otherwise. */
  readonly replace?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Files of the head as texts, in place of what is there. */
  readonly texts?: Readonly<Record<string, string>>;
  /** Files of the head that are symbolic links. */
  readonly links?: readonly string[];
  /** Earlier versions, newest first, by the record's full name. */
  readonly history?: Readonly<Record<string, readonly unknown[]>>;
  /** Entries of `policies/exceptions.yaml`. Default: none. */
  readonly exceptions?: { readonly before?: readonly unknown[]; readonly after?: readonly unknown[] };
  /** Default: prod. */
  readonly stack?: string;
  /** Default: 2026-11-25. */
  readonly today?: string;
  readonly expect: CorpusCase["expect"];
}

const corpusDir = import.meta.dirname;

/** The stack that cases are judged for unless they name another one. */
export const corpusStack = "prod";

/** The stacks that there are, as far as files name them. */
export const corpusStacks: readonly string[] = ["dev", corpusStack, "staging"];

/** The project that every case changes. */
export async function corpusBase(): Promise<SourceFile[]> {
  const base = join(corpusDir, "base");
  const path = stackFilePath(corpusStack);
  return [...(await loadTopicFiles(base)), { path, text: readFileSync(join(base, path), "utf8") }];
}

/** All cases, in order of their names. */
export async function corpusCases(): Promise<CorpusCase[]> {
  const base = await corpusBase();
  const folder = join(corpusDir, "cases");
  return readdirSync(folder)
    .sort()
    .map((file) => {
      const content = parse(readFileSync(join(folder, file), "utf8")) as CaseFile;
      const given = Object.entries(content.given ?? {}).map(
        ([path, schema]): SourceFile => ({
          path,
          text: typeof schema === "string" ? schema : JSON.stringify(schema, null, 2),
        }),
      );
      const before = edited([...base, ...given], content.before ?? {});
      const added = Object.entries(content.files ?? {}).map(
        ([path, schema]): SourceFile => ({ path, text: typeof schema === "string" ? schema : JSON.stringify(schema) }),
      );
      return {
        name: file.replace(/\.yaml$/, ""),
        about: content.about,
        before,
        after: withLinks(withTexts([...edited(before, content.after), ...added], content), content.links ?? []),
        history: new Map(
          Object.entries(content.history ?? {}).map(([path, versions]) => [
            path,
            versions.map((version) => (typeof version === "string" ? version : JSON.stringify(version))),
          ]),
        ),
        exceptions: {
          before: exceptionsFile(content.exceptions?.before),
          after: exceptionsFile(content.exceptions?.after),
        },
        today: content.today ?? "2026-11-25",
        stack: content.stack ?? corpusStack,
        expect: content.expect,
      };
    });
}

function withTexts(files: readonly SourceFile[], { replace = {}, texts = {} }: CaseFile): SourceFile[] {
  const replaced = files.map((file): SourceFile => {
    const parts = Object.entries(replace[file.path] ?? {});
    if (parts.length === 0 || !("text" in file)) return file;
    for (const [from] of parts) if (!file.text.includes(from)) throw new Error(`${file.path} does not hold ${from}`);
    return { path: file.path, text: parts.reduce((text, [from, to]) => text.replace(from, to), file.text) };
  });
  return [
    ...replaced.filter(({ path }) => texts[path] === undefined),
    ...Object.entries(texts).map(([path, text]) => ({ path, text })),
  ];
}

function withLinks(files: readonly SourceFile[], links: readonly string[]): SourceFile[] {
  return [
    ...files.filter(({ path }) => !links.some((link) => path.startsWith(link))),
    ...links.map((path): SourceFile => ({ path, refused: "symbolic-link", detail: "to elsewhere" })),
  ];
}

function exceptionsFile(entries: readonly unknown[] = []): SourceFile {
  return { path: exceptionsPath, text: stringify({ exceptions: entries }) };
}

function edited(files: readonly SourceFile[], edits: Edits): SourceFile[] {
  for (const path of Object.keys(edits))
    if (!files.some((file) => file.path === path)) throw new Error(`the corpus has no file ${path}`);
  return files.flatMap((file) => {
    const change = edits[file.path];
    if (change === undefined || !("text" in file)) return [file];
    return change === null
      ? []
      : [
          {
            path: file.path,
            text: typeof change === "string" ? change : withEdits(file.text, change, isSchemaPath(file.path)),
          },
        ];
  });
}

function withEdits(text: string, edits: Readonly<Record<string, unknown>>, json: boolean): string {
  const document = parseDocument(text);
  for (const [path, value] of Object.entries(edits)) {
    const steps = path.split("/").map((step) => (/^\d+$/.test(step) ? Number(step) : step));
    if (value === null) document.deleteIn(steps);
    else document.setIn(steps, document.createNode(value));
    for (let depth = steps.length - 1; depth > 0; depth -= 1) {
      const holder: unknown = document.getIn(steps.slice(0, depth));
      if (value === null && isMap(holder) && holder.items.length === 0) document.deleteIn(steps.slice(0, depth));
    }
  }
  return json ? JSON.stringify(document.toJS(), null, 2) : document.toString();
}
