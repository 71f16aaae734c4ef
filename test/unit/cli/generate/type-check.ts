/** Type checks of small programs that exist in memory alone. */
import { dirname, join, resolve } from "node:path";
import ts from "typescript";

const PROJECT = resolve(import.meta.dirname, "../../../..");

/**
 * What the compiler, with the project's own settings, says of some files: `file:line: message`, sorted by place.
 * @param files - Texts by path from the project's root; they stand in place of what lies there.
 */
export function typeErrors(files: Readonly<Record<string, string>>): readonly string[] {
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(PROJECT, "tsconfig.json"), ts.sys.readFile).config,
    { ...ts.sys, readDirectory: () => [] },
    PROJECT,
  );
  const texts = new Map(Object.entries(files).map(([path, text]) => [join(PROJECT, path), text]));
  const folders = new Set([...texts.keys()].map((path) => dirname(path)));
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists, directoryExists } = host;
  host.readFile = (path) => texts.get(path) ?? readFile.call(host, path);
  host.fileExists = (path) => texts.has(path) || fileExists.call(host, path);
  host.directoryExists = (path) => folders.has(path) || (directoryExists?.call(host, path) ?? true);
  const program = ts.createProgram({ rootNames: [...texts.keys()], options, host });
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ file, start, messageText }) => {
      const text = ts.flattenDiagnosticMessageText(messageText, " ");
      if (file === undefined) return text;
      const { line } = file.getLineAndCharacterOfPosition(start ?? 0);
      return `${file.fileName.slice(PROJECT.length + 1)}:${line + 1}: ${text}`;
    })
    .sort();
}
