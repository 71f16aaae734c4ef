/** `kit image build` as a function. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isKubernetes } from "../../components/model/stack/kubernetes-stack.ts";
import type { ServiceTemplate } from "../../components/services/template.ts";
import { readServiceTemplates } from "../../components/services/template.ts";
import type { CommandContext } from "../context.ts";
import { readDeclaredProject } from "../declaration/declared-project.ts";
import { KitError } from "../errors.ts";
import { locateStack } from "../pulumi/stack.ts";
import { progressReporter } from "../terminal/progress.ts";
import type { BuiltImage, ServiceToBuild } from "./build-images.ts";
import { buildImages } from "./build-images.ts";
import type { Builder } from "./container-builders.ts";
import { BUILDERS, buildFromDockerfile, findBuilder, isPinned } from "./container-builders.ts";

/** Options from the command line; `undefined` for an option that was not given. */
export interface BuildOptions {
  readonly services: readonly string[];
  readonly base: string;
  readonly builder: string | undefined;
  readonly nodeImage: string | undefined;
  readonly stack: string | undefined;
  readonly tag: string | undefined;
  readonly revision: string | undefined;
  readonly out: string | undefined;
}

/** Result of a build. */
export interface BuildOutcome {
  /** Absolute path of the archive. */
  readonly out: string;
  readonly images: readonly BuiltImage[];
  /** The stack that the images are named for. */
  readonly stack: string | undefined;
}

/** Prefix of image names without a stack. */
const LOCAL_REPOSITORY = "localhost/order-platform";

/**
 * Builds the images of some services, or of all.
 * @throws KitError KIT_USAGE, KIT_IMAGE_*, and with a stack KIT_UNKNOWN_STACK, KIT_MODEL_INVALID, KIT_RENDER_LOCAL.
 */
export async function buildCommand(context: CommandContext, options: BuildOptions): Promise<BuildOutcome> {
  const base = baseOf(options);
  const templates = chosenTemplates(context, options.services);
  const { repository, version } = await naming(context, options);
  const out = options.out === undefined ? join(context.stateDir, "images.tar") : resolve(options.out);
  const services = templates.map(
    ({ name, runtime }): ServiceToBuild => ({
      service: name,
      workspace: `service-templates/${name}`,
      entry: runtime.entry,
      name: `${repository}/${name}:${version}`,
    }),
  );
  const common = {
    projectDir: context.projectDir,
    services,
    version,
    out,
    ...(options.revision === undefined ? {} : { revision: options.revision }),
  };
  const title =
    services.length === 1 ? `Image of ${services[0]?.service ?? ""}` : `Images of ${services.length} services`;
  const images = await progressReporter(context).step(title, async (say) => {
    if (base.by !== "reference") return await buildImages({ ...common, base }, say);
    const builder = base.builder ?? (await findBuilder());
    return await buildFromDockerfile(
      builder,
      { ...common, base: base.reference, ...(options.nodeImage === undefined ? {} : { nodeImage: options.nodeImage }) },
      say,
    );
  });
  return { out, images, stack: options.stack };
}

type ChosenBase =
  | { readonly by: "host" }
  | { readonly by: "archive"; readonly archive: string }
  | { readonly by: "reference"; readonly reference: string; readonly builder: Builder | undefined };

function baseOf({ base, builder, nodeImage }: BuildOptions): ChosenBase {
  const chosen = BUILDERS.find((each) => each === builder);
  if (builder !== undefined && chosen === undefined)
    throw new KitError("KIT_USAGE", `--builder ${builder} is none of ${BUILDERS.join(", ")}.`);
  const byReference = base !== "host" && !existsSync(base);
  if (!byReference && (builder !== undefined || nodeImage !== undefined))
    throw new KitError("KIT_USAGE", "--builder and --node-image go with a --base by reference: NAME@sha256:….");
  if (base === "host") return { by: "host" };
  if (!byReference) return { by: "archive", archive: resolve(base) };
  const floating = [base, nodeImage].find((each) => each !== undefined && !isPinned(each));
  if (floating !== undefined)
    throw new KitError("KIT_IMAGE_BASE", `${floating} is neither a file nor a reference with its digest`);
  return { by: "reference", reference: base, builder: chosen };
}

function chosenTemplates({ projectDir }: CommandContext, names: readonly string[]): readonly ServiceTemplate[] {
  const templates = readServiceTemplates(join(projectDir, "service-templates"));
  const unknown = names.find((name) => !templates.some((template) => template.name === name));
  if (unknown !== undefined) throw new KitError("KIT_IMAGE_UNKNOWN_SERVICE", unknown);
  return names.length === 0 ? templates : templates.filter(({ name }) => names.includes(name));
}

async function naming(
  context: CommandContext,
  { stack, tag }: BuildOptions,
): Promise<{ readonly repository: string; readonly version: string }> {
  if (tag !== undefined && !/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(tag))
    throw new KitError("KIT_USAGE", `--tag ${tag} is no tag: letters, digits, '.', '_' and '-', at most 128.`);
  if (stack === undefined)
    return { repository: LOCAL_REPOSITORY, version: tag ?? (await projectVersion(context.projectDir)) };
  await locateStack({ projectDir: context.projectDir, stateDir: context.stateDir, stack });
  const { stack: settings } = await readDeclaredProject(context, stack);
  if (!isKubernetes(settings))
    throw new KitError("KIT_RENDER_LOCAL", stack, {
      fix: "Choose a stack whose substrate is `kubernetes`, such as dev, staging or prod.",
    });
  const { registry, repository, tag: declared } = settings.kubernetes.workloads.images;
  return { repository: `${registry}/${repository}`, version: tag ?? declared };
}

async function projectVersion(projectDir: string): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(join(projectDir, "package.json"), "utf8"));
  return typeof manifest === "object" &&
    manifest !== null &&
    "version" in manifest &&
    typeof manifest.version === "string"
    ? manifest.version
    : "latest";
}
