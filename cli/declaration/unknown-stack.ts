/** Errors for unknown stacks: they list the existing stacks and suggest the closest name. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { closest } from "../../components/model/problems/suggestion.ts";
import { stackFilePath } from "../../components/model/source-file.ts";
import { KitError } from "../errors.ts";

/** Allowed names of a stack: the name becomes part of a file's name. */
const stackName = /^[a-z][a-z0-9-]*$/;

async function stacksOf(projectDir: string): Promise<readonly string[]> {
  const entries = await readdir(join(projectDir, "stacks")).catch((): string[] => []);
  return entries.flatMap((name) => /^Pulumi\.([a-z][a-z0-9-]*)\.yaml$/.exec(name)?.[1] ?? []).sort();
}

/** The error `KIT_UNKNOWN_STACK`, naming the project's stacks. */
export async function unknownStack(projectDir: string, stack: string): Promise<KitError> {
  const known = await stacksOf(projectDir);
  const shown = stackName.test(stack) ? stack : JSON.stringify(stack);
  if (known.length === 0) return new KitError("KIT_UNKNOWN_STACK", shown);
  const meant = closest(stack, known);
  return new KitError("KIT_UNKNOWN_STACK", shown, {
    fix: `${meant === undefined ? "" : `Did you mean ${meant}? `}Stacks are the files stacks/Pulumi.<stack>.yaml; there are ${known.join(", ")}.`,
  });
}

/** @throws KitError `KIT_UNKNOWN_STACK` for an invalid stack name. */
export async function expectStackName(projectDir: string, stack: string): Promise<void> {
  if (!stackName.test(stack)) throw await unknownStack(projectDir, stack);
}

/** @throws KitError `KIT_UNKNOWN_STACK` for a stack without a file in `stacks/`. */
export async function expectStack(projectDir: string, stack: string): Promise<void> {
  await expectStackName(projectDir, stack);
  if (!existsSync(join(projectDir, stackFilePath(stack)))) throw await unknownStack(projectDir, stack);
}
