/**
 * The stack as the command uses it. Pulumi keeps the salt of a passphrase in the stack's configuration file. On one machine the
 * passphrase is random for each state directory, so the salt belongs there too and not in `stacks/`, which is shared. The
 * command passes Pulumi a copy of the stack file in the state directory.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { writeDurably } from "../../components/machine/durable-file.ts";
import { expectStack } from "../declaration/unknown-stack.ts";
import { KitError } from "../errors.ts";

/** Paths and names of one stack. */
export interface StackFiles {
  readonly stack: string;
  /** Project name of `Pulumi.yaml`. */
  readonly project: string;
  /** Shared file, for example `stacks/Pulumi.local.yaml`. */
  readonly sharedFile: string;
  /** Folder of the stack's own copy. */
  readonly folder: string;
  /** The copy that Pulumi gets as `--config-file`. */
  readonly configFile: string;
  /** Folder of the file backend. */
  readonly backendDir: string;
  /** The backend's state of this stack. */
  readonly stateFile: string;
}

/**
 * Finds a stack's files.
 * @throws KitError `KIT_PROJECT_FILE_INVALID`, `KIT_UNKNOWN_STACK`.
 */
export async function locateStack(options: {
  projectDir: string;
  stateDir: string;
  stack: string;
}): Promise<StackFiles> {
  const { projectDir, stateDir, stack } = options;
  await expectStack(projectDir, stack);
  const sharedFile = join(projectDir, "stacks", `Pulumi.${stack}.yaml`);
  const project = await projectName(projectDir);
  const backendDir = join(stateDir, "pulumi");
  const folder = join(stateDir, "stack");
  return {
    stack,
    project,
    sharedFile,
    folder,
    configFile: join(folder, `Pulumi.${stack}.yaml`),
    backendDir,
    stateFile: join(backendDir, ".pulumi", "stacks", project, `${stack}.json`),
  };
}

async function projectName(projectDir: string): Promise<string> {
  const file = join(projectDir, "Pulumi.yaml");
  const content = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new KitError("KIT_PROJECT_FILE_INVALID", file, { cause });
  });
  const name: unknown = parseDocument(content).get("name");
  if (typeof name !== "string") throw new KitError("KIT_PROJECT_FILE_INVALID", `${file} has no name`);
  return name;
}

/**
 * Writes the stack's copy: the shared configuration with this state directory's salt. A shared file that contains its own
 * secrets keeps its own salt, because they cannot be decrypted without it.
 */
export async function writeStackConfig(files: StackFiles): Promise<void> {
  const shared = await readFile(files.sharedFile, "utf8");
  const own = await readFile(files.configFile, "utf8").catch(() => "");
  const merged = mergeStackConfig(shared, own, files.sharedFile);
  if (merged === own) return;
  await mkdir(files.folder, { recursive: true, mode: 0o700 });
  await writeDurably(files.configFile, merged);
}

/** The pure part of {@link writeStackConfig}: texts in, text out. */
export function mergeStackConfig(shared: string, own: string, sharedName: string): string {
  const document = parseDocument(shared);
  const [problem] = document.errors;
  if (problem !== undefined) {
    const place = problem.linePos?.[0];
    throw new KitError(
      "KIT_STACK_FILE_INVALID",
      `${sharedName}${place === undefined ? "" : `:${place.line}:${place.col}`}: ${problem.message.split("\n")[0] ?? ""}`,
    );
  }
  const holdsSecrets = /^\s*secure:\s/m.test(shared);
  if (!holdsSecrets) {
    document.delete("encryptionsalt");
    const salt: unknown = own === "" ? undefined : parseDocument(own).get("encryptionsalt");
    if (typeof salt === "string") document.set("encryptionsalt", salt);
  }
  return document.toString();
}

/** Makes the folder from which the stack is created, so that Pulumi writes the first salt there. */
export async function writeStackProject(files: StackFiles): Promise<void> {
  await mkdir(files.folder, { recursive: true, mode: 0o700 });
  await writeFile(join(files.folder, "Pulumi.yaml"), `name: ${files.project}\nruntime: nodejs\n`);
}
