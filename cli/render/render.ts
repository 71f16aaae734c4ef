/** `kit render` as a function. */
import { mkdir, readdir, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { maxConnections } from "../../components/databases/connections.ts";
import { isKubernetes } from "../../components/model/stack/kubernetes-stack.ts";
import { serviceTeams } from "../../components/observability/owners.ts";
import { databaseUsers } from "../../components/services/database-users.ts";
import { readServiceTemplates } from "../../components/services/template.ts";
import type { CommandContext } from "../context.ts";
import { readDeclaredProject } from "../declaration/declared-project.ts";
import { KitError } from "../errors.ts";
import { locateStack } from "../pulumi/stack.ts";
import { declaredObjects } from "./declared-objects.ts";
import { Placeholders } from "./placeholders.ts";
import { type RenderedFile, renderFiles } from "./render-files.ts";

/** What to render. */
export interface RenderRequest {
  readonly stack: string;
  /** Absolute path of the output folder. */
  readonly out: string;
  /** Path in the secret store for the placeholders. */
  readonly secretsPath: string;
}

/** What was rendered. */
export interface RenderResult {
  readonly stack: string;
  readonly out: string;
  readonly objects: number;
  /** Paths relative to `out`, sorted. */
  readonly files: readonly string[];
  /** Keys at the secrets' path that the files refer to, sorted. */
  readonly placeholders: readonly string[];
}

/** File that marks a folder as rendered; files in unmarked folders are never deleted. */
const MARK = ".rendered-by-kit";

/**
 * Writes an environment's Kubernetes objects as YAML. Needs no cluster, no credentials, no state.
 * @throws KitError KIT_UNKNOWN_STACK, KIT_MODEL_INVALID, KIT_RENDER_LOCAL, KIT_RENDER_FOLDER.
 */
export async function render(
  context: CommandContext,
  request: RenderRequest,
  locateStrimziCrds: () => Promise<string>,
): Promise<RenderResult> {
  const { stack, out } = request;
  const { project } = await locateStack({ projectDir: context.projectDir, stateDir: context.stateDir, stack });
  const { stack: settings, plan, model } = await readDeclaredProject(context, stack);
  if (!isKubernetes(settings)) throw new KitError("KIT_RENDER_LOCAL", stack);
  const present = await readdir(out).catch(() => [] as string[]);
  if (present.length > 0 && !present.includes(MARK)) throw new KitError("KIT_RENDER_FOLDER", out);
  const placeholders = new Placeholders(request.secretsPath);
  const templates = readServiceTemplates(join(context.projectDir, "service-templates"));
  const objects = await declaredObjects({
    projectDir: context.projectDir,
    project,
    stack,
    settings,
    plan,
    teams: serviceTeams(model),
    templates,
    placeholders,
    environment: context.env,
    locateStrimziCrds,
  });
  const files = renderFiles(objects, plan, maxConnections(databaseUsers(templates, settings, plan)));
  await writeFolder(out, files);
  return {
    stack,
    out,
    objects: objects.length,
    files: files.map((file) => file.path),
    placeholders: placeholders.keys,
  };
}

/** Makes a folder contain exactly these files. */
async function writeFolder(out: string, files: readonly RenderedFile[]): Promise<void> {
  await mkdir(out, { recursive: true });
  await writeFile(join(out, MARK), "Everything in this folder is written and deleted by `kit render`.\n");
  const wanted = new Set([MARK, ...files.map((file) => file.path)]);
  for (const entry of (await readdir(out, { withFileTypes: true, recursive: true })).filter((each) => each.isFile())) {
    const path = join(entry.parentPath, entry.name);
    if (wanted.has(relative(out, path))) continue;
    await rm(path);
    await rmdir(dirname(path)).catch(() => undefined);
  }
  for (const { path, text } of files) {
    const file = join(out, path);
    if ((await readFile(file, "utf8").catch(() => undefined)) === text) continue;
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}
