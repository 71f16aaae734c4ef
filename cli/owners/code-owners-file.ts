/** CODEOWNERS: generated from the declaration, compared with the file, written. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { slugPattern } from "../../components/model/values/names.ts";
import type { OwnedPattern } from "../../components/plan/access/code-owners.ts";
import { codeOwners, formatCodeOwners } from "../../components/plan/access/code-owners.ts";
import type { CommandContext } from "../context.ts";
import { readDeclaredProject } from "../declaration/declared-project.ts";
import { KitError } from "../errors.ts";
import { unifiedDiff } from "../new-service/unified-diff.ts";

/** Patterns and the text that they produce. */
export interface MadeOwners {
  readonly patterns: readonly OwnedPattern[];
  readonly text: string;
}

/**
 * Generates the file's content.
 * @throws KitError `KIT_USAGE` when a team or organisation cannot be a handle; `KIT_MODEL_INVALID`.
 */
export async function ownersOf(
  context: CommandContext,
  options: { readonly stack: string; readonly platformTeam: string; readonly org?: string },
): Promise<MadeOwners> {
  if (!new RegExp(slugPattern, "u").test(options.platformTeam))
    throw new KitError(
      "KIT_USAGE",
      `${JSON.stringify(options.platformTeam)} is not a team: lower-case letters, digits and single dashes.`,
    );
  if (options.org !== undefined && !/^[A-Za-z0-9](?:[A-Za-z0-9]|-(?=[A-Za-z0-9])){0,38}$/.test(options.org))
    throw new KitError("KIT_USAGE", `${JSON.stringify(options.org)} is not an organisation's name.`);
  const { model } = await readDeclaredProject(context, options.stack);
  const patterns = codeOwners(model, options.platformTeam);
  return {
    patterns,
    text: formatCodeOwners(patterns, (team) => (options.org === undefined ? `@${team}` : `@${options.org}/${team}`)),
  };
}

/** Differences of the file; empty if there are none. A missing file counts as empty. */
export async function compareOwners(context: CommandContext, path: string, wanted: string): Promise<string> {
  const found = await readFile(resolve(context.projectDir, path), "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw new KitError(
      "KIT_USAGE",
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  });
  return unifiedDiff(path, found, wanted);
}

/** Writes the file. It is generated only from `topics/`, so its old content is not kept. */
export async function writeOwners(context: CommandContext, path: string, text: string): Promise<void> {
  const target = resolve(context.projectDir, path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, text);
  context.stderr.write(`Wrote ${path}\n`);
}
