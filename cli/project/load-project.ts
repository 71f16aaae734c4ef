/** Loads `kit.config.ts`. No other module knows its location. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { KitError } from "../errors.ts";
import type { ProjectDefinition } from "./definition.ts";

/** File at the root of a project whose default export is its {@link ProjectDefinition}. */
export const PROJECT_CONFIG = "kit.config.ts";

type Loaded<K extends PartName> = Awaited<ReturnType<NonNullable<ProjectDefinition[K]>>>;

/** Parts that are loaded when a command needs them. */
export type PartName = Exclude<keyof ProjectDefinition, "benchmarks">;

/**
 * The project's definition; empty if there is no `kit.config.ts`.
 * @throws KitError `KIT_PROJECT_INVALID` when the file cannot be loaded or exports something else.
 */
export async function loadProject(projectDir: string): Promise<ProjectDefinition> {
  const file = join(projectDir, PROJECT_CONFIG);
  if (!existsSync(file)) return {};
  let module: unknown;
  try {
    module = await import(pathToFileURL(file).href);
  } catch (cause) {
    throw new KitError("KIT_PROJECT_INVALID", `${file}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
  const project: unknown =
    typeof module === "object" && module !== null && "default" in module ? module.default : undefined;
  if (typeof project !== "object" || project === null)
    throw new KitError("KIT_PROJECT_INVALID", `${file} has no default export made by defineProject`);
  return project;
}

/** A part of the project; undefined if it has none. @throws KitError as {@link loadProject}. */
export async function projectPart<K extends PartName>(projectDir: string, name: K): Promise<Loaded<K> | undefined> {
  const part = (await loadProject(projectDir))[name];
  return part === undefined ? undefined : ((await part()) as Loaded<K>);
}

/**
 * A part of the project that a command requires.
 * @param command - The command, for example `kit chaos`.
 * @throws KitError `KIT_PROJECT_PART_MISSING`; as {@link loadProject}.
 */
export async function requiredPart<K extends PartName>(
  projectDir: string,
  name: K,
  command: string,
): Promise<Loaded<K>> {
  const part = await projectPart(projectDir, name);
  if (part !== undefined) return part;
  throw new KitError("KIT_PROJECT_PART_MISSING", `${command} needs \`${name}\`, which ${PROJECT_CONFIG} does not name`);
}
