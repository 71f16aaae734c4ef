import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, matchesGlob } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { isPinned } from "../../../../cli/image/container-builders.ts";
import { SERVICE_USER } from "../../../../cli/image/host-base.ts";
import { IMAGE_ROOT as CODE_FOLDER } from "../../../../cli/image/service-image.ts";
import { LIBRARY_MIGRATIONS } from "../../../../service-templates/lib/migration/files.ts";
import { CONTAINER_USER } from "../../../../components/kubernetes/pod-security.ts";
import { IMAGE_ROOT } from "../../../../components/services/kubernetes/deployment.ts";
import { MIGRATION_PROGRAM } from "../../../../components/services/kubernetes/migration-job.ts";
import { readServiceTemplates } from "../../../../components/services/template.ts";
import { moduleClosure } from "../../../../toolchain/image/module-closure.ts";
import { prepareImage } from "../../../../toolchain/image/prepare.ts";
import { PINNED } from "../../../../toolchain/versions.ts";
import { PROJECT_DIR } from "../../../platform/kit-command.ts";

const templates = readServiceTemplates(join(PROJECT_DIR, "service-templates"));
const folder = mkdtempSync(join(tmpdir(), "kit-dockerfiles-"));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const read = (path: string): string => readFileSync(join(PROJECT_DIR, path), "utf8");
const dockerfileOf = (service: string): string => read(`service-templates/${service}/Dockerfile`);
/** Sources of the first stage's COPY instructions. */
const copied = (dockerfile: string): string[] =>
  [...dockerfile.matchAll(/^COPY (?!--)(.+) \S+$/gm)].flatMap(([, sources]) => sources?.split(" ") ?? []);
const covers = (sources: readonly string[], path: string): boolean =>
  sources.some((source) => path === source || path.startsWith(`${source}/`));

/** Whether a build sees a path, by the last line of .dockerignore that matches it or a folder above: https://docs.docker.com/build/concepts/context/#dockerignore-files */
function isSent(path: string): boolean {
  const places = path.split("/").map((_, index, steps) => steps.slice(0, index + 1).join("/"));
  return read(".dockerignore")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .reduce((sent, line) => {
      const pattern = line.replace(/^!/, "");
      return places.some((place) => matchesGlob(place, pattern)) ? line.startsWith("!") : sent;
    }, true);
}

describe.each(
  templates.map(({ name, runtime, database }) => ({
    service: name,
    entry: `service-templates/${name}/${runtime.entry}`,
    database,
  })),
)("the Dockerfile of $service", ({ service, entry, database }) => {
  it("differs from the others in the service's name alone", () => {
    expect(dockerfileOf(service).replaceAll(service, "order-service")).toBe(dockerfileOf("order-service"));
  });

  it("copies, and the build sees, every file that the service, its migrations and the build's own programs import", () => {
    const programs = ["toolchain/image/prepare.ts", "toolchain/image/write-sbom.ts"];
    const { files } = moduleClosure([entry, ...(database === undefined ? [] : [MIGRATION_PROGRAM]), ...programs], read);
    const migrations =
      database === undefined
        ? []
        : [LIBRARY_MIGRATIONS, `service-templates/${service}/${database.migrations}`].flatMap((folder) =>
            readdirSync(join(PROJECT_DIR, folder)).map((file) => `${folder}/${file}`),
          );
    const needed = [...files, ...migrations, "package.json", "package-lock.json", ".npmrc"];
    const sources = copied(dockerfileOf(service));
    expect(needed.filter((path) => !covers(sources, path))).toEqual([]);
    expect(needed.filter((path) => !isSent(path))).toEqual([]);
  });

  it("prepares the code where the pods run it, readable for their user, with packages of the lock file alone", () => {
    const out = join(folder, service);
    const { packages } = prepareImage({ project: PROJECT_DIR, entry, out });
    expect(statSync(join(out, "code", entry)).mode & 0o777).toBe(0o644);
    if (database !== undefined) expect(statSync(join(out, "code", MIGRATION_PROGRAM)).isFile()).toBe(true);
    const lock = JSON.parse(readFileSync(join(out, "packages", "package-lock.json"), "utf8")) as {
      packages: Record<string, { integrity?: string }>;
    };
    const whole = JSON.parse(read("package-lock.json")) as typeof lock;
    for (const name of packages)
      expect(lock.packages[`node_modules/${name}`]?.integrity).toBe(whole.packages[`node_modules/${name}`]?.integrity);
    // What only the program of the platform needs is in no service.
    expect(
      Object.keys(lock.packages).filter((place) => /pulumi|typescript|vitest|commander|tar-stream/.test(place)),
    ).toEqual([]);
  });

  it("stands on digests, is nobody's root, names what it is", () => {
    const dockerfile = dockerfileOf(service);
    const defaults = Object.fromEntries(
      [...dockerfile.matchAll(/^ARG (\w+)=(\S+)$/gm)].map(([, key, value]) => [key, value]),
    );
    expect(isPinned(defaults.NODE_IMAGE ?? "")).toBe(true);
    expect(isPinned(defaults.BASE_IMAGE ?? "")).toBe(true);
    expect(defaults.NODE_IMAGE).toContain(`node:${PINNED.node}-`);
    expect(dockerfile.match(/^FROM .*/gm)).toEqual(["FROM ${NODE_IMAGE} AS build", "FROM ${BASE_IMAGE}"]);
    expect(dockerfile).toMatch(new RegExp(`^USER ${CONTAINER_USER}:${CONTAINER_USER}$`, "m"));
    expect(dockerfile).toContain(`WORKDIR ${IMAGE_ROOT}\n`);
    for (const label of ["title", "version", "revision", "base.name"])
      expect(dockerfile).toContain(`org.opencontainers.image.${label}=`);
  });
});

it("the kit's own images agree with the pods on user and folder", () => {
  expect(SERVICE_USER).toBe(CONTAINER_USER);
  expect(`/${CODE_FOLDER}`).toBe(IMAGE_ROOT);
});
