/** Images built from the templates' Dockerfile by a program that fetches bases from registries. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { runChecked, runCommand } from "../../toolchain/making/command.ts";
import { KitError } from "../errors.ts";
import type { BuiltImage, ServiceToBuild } from "./build-images.ts";
import { linuxPlatform } from "./build-images.ts";
import type { NamedImage } from "./oci-archive.ts";
import { readArchive, writeArchive } from "./oci-archive.ts";

/** Programs that build from a Dockerfile, in the order in which the kit tries them. */
export const BUILDERS = ["docker", "podman", "buildah"] as const;
/** One of {@link BUILDERS}. */
export type Builder = (typeof BUILDERS)[number];

/** A command on this machine. */
export interface BuilderCommand {
  readonly program: Builder;
  readonly args: readonly string[];
}

/** Input of a builder. */
export interface DockerfileRequest {
  readonly projectDir: string;
  readonly services: readonly ServiceToBuild[];
  /** Base of the finished image, by digest. */
  readonly base: string;
  /** Digest reference of the image to build in; default: the Dockerfile's. */
  readonly nodeImage?: string;
  readonly version: string;
  readonly revision?: string;
  /** Absolute path of the output archive. */
  readonly out: string;
}

/** Files that a build can read and that do not become part of the image. */
export interface BuildSecrets {
  /** The user's npm settings: address and credentials of a registry. */
  readonly npmrc?: string;
  /** Additional certificates that npm trusts. */
  readonly ca?: string;
}

/** The common Dockerfile of all services. */
export const DOCKERFILE = "service-templates/Dockerfile";

/** A base and packages must be downloaded. */
const LIMIT_MS = 30 * 60_000;

/** A reference that always means the same image. */
export function isPinned(reference: string): boolean {
  return /^[a-z0-9][^\s@]*@sha256:[0-9a-f]{64}$/.test(reference);
}

/**
 * Commands that build one service's image into an archive. Times are set to zero, so that the same files give the same layers.
 */
export function builderCommands(
  builder: Builder,
  request: DockerfileRequest,
  { service, name }: ServiceToBuild,
  archive: string,
  secrets: BuildSecrets,
): readonly BuilderCommand[] {
  const { base, nodeImage, version, revision } = request;
  const values = {
    SERVICE: service,
    BASE_IMAGE: base,
    ...(nodeImage === undefined ? {} : { NODE_IMAGE: nodeImage }),
    ...(revision === undefined ? {} : { REVISION: revision }),
    VERSION: version,
  };
  const shared = [
    "--file",
    DOCKERFILE,
    ...Object.entries(values).flatMap(([key, value]) => ["--build-arg", `${key}=${value}`]),
    ...Object.entries(secrets).flatMap(([id, source]: [string, string]) => ["--secret", `id=${id},src=${source}`]),
  ];
  const run = (...args: string[]): BuilderCommand => ({ program: builder, args });
  if (builder === "docker")
    return [
      run(
        "buildx",
        "build",
        ...shared,
        "--build-arg",
        "SOURCE_DATE_EPOCH=0",
        "--provenance=false",
        "--output",
        `type=oci,dest=${archive},rewrite-timestamp=true`,
        ".",
      ),
    ];
  const build = run("build", ...shared, "--timestamp", "0", "--tag", name, ".");
  return builder === "podman"
    ? [build, run("save", "--format", "oci-archive", "--output", archive, name)]
    : [build, run("push", name, `oci-archive:${archive}`)];
}

/**
 * The first program that is installed and answers.
 * @throws KitError KIT_IMAGE_BUILDER.
 */
export async function findBuilder(): Promise<Builder> {
  for (const builder of BUILDERS) {
    // Docker's client is often installed without its daemon; `version` fails then.
    const answer = await runCommand(builder, [builder === "buildah" ? "--version" : "version"], {
      timeoutMs: 20_000,
    }).catch(() => undefined);
    if (answer?.code === 0) return builder;
  }
  throw new KitError("KIT_IMAGE_BUILDER", "neither docker, podman nor buildah answers");
}

/**
 * Builds images from the Dockerfile into one archive.
 * @throws KitError KIT_IMAGE_BUILDER.
 */
export async function buildFromDockerfile(
  builder: Builder,
  request: DockerfileRequest,
  say: (detail: string) => void,
): Promise<readonly BuiltImage[]> {
  const platform = linuxPlatform();
  const work = await mkdtemp(join(tmpdir(), "kit-image-"));
  try {
    const layout = join(work, "layout");
    const built: { readonly service: string; readonly named: NamedImage }[] = [];
    for (const service of request.services) {
      const archive = join(work, `${service.service}.tar`);
      for (const { program, args } of builderCommands(builder, request, service, archive, buildSecrets(process.env))) {
        await runChecked(program, args, {
          cwd: request.projectDir,
          timeoutMs: LIMIT_MS,
          onLine: (line) => say(`${service.service}: ${line}`),
        }).catch((error: unknown) => {
          throw new KitError("KIT_IMAGE_BUILDER", error instanceof Error ? error.message : String(error), {
            cause: error,
          });
        });
      }
      built.push({
        service: service.service,
        named: { name: service.name, image: await readArchive(archive, layout, platform) },
      });
      await rm(archive);
    }
    await writeArchive(
      layout,
      built.map(({ named }) => named),
      request.out,
    );
    return built.map(
      ({ service, named: { name, image } }): BuiltImage => ({
        service,
        name,
        digest: image.descriptor.digest,
        size: image.manifest.layers.reduce((sum, { size }) => sum + size, 0),
        base: request.base,
        platform: `${platform.os}/${platform.architecture}`,
      }),
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function buildSecrets(environment: NodeJS.ProcessEnv): BuildSecrets {
  const npmrc = environment.NPM_CONFIG_USERCONFIG ?? join(homedir(), ".npmrc");
  const ca = environment.NODE_EXTRA_CA_CERTS;
  return { ...(existsSync(npmrc) ? { npmrc } : {}), ...(ca !== undefined && existsSync(ca) ? { ca } : {}) };
}
