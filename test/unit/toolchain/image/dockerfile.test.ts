import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, matchesGlob } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { DOCKERFILE, isPinned } from "../../../../cli/image/container-builders.ts";
import { SERVICE_USER } from "../../../../cli/image/host-base.ts";
import { IMAGE_ROOT as CODE_FOLDER } from "../../../../cli/image/service-image.ts";
import { CONTAINER_USER } from "../../../../components/kubernetes/pod-security.ts";
import { IMAGE_ROOT } from "../../../../components/services/kubernetes/deployment.ts";
import { MIGRATION_PROGRAM } from "../../../../components/services/kubernetes/migration-job.ts";
import { readServiceTemplates } from "../../../../components/services/template.ts";
import { prepareImage } from "../../../../toolchain/image/prepare.ts";
import { PINNED } from "../../../../toolchain/versions.ts";
import { PROJECT_DIR } from "../../../platform/kit-command.ts";

const templates = readServiceTemplates(join(PROJECT_DIR, "service-templates"));
const folder = mkdtempSync(join(tmpdir(), "kit-dockerfile-"));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const read = (path: string): string => readFileSync(join(PROJECT_DIR, path), "utf8");
const dockerfile = read(DOCKERFILE);
/** Sources of COPY instructions that copy from the project. */
const copied = [...dockerfile.matchAll(/^COPY (?!--)(.+) \S+$/gm)].flatMap(([, sources]) => sources?.split(" ") ?? []);
const isCopied = (path: string): boolean => copied.some((source) => path === source || path.startsWith(`${source}/`));

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

describe.each(templates.map(({ name, runtime, database }) => ({ service: name, entry: runtime.entry, database })))(
  "the image of $service",
  ({ service, entry, database }) => {
    const workspace = `service-templates/${service}`;
    const out = join(folder, service);
    const { files, links } = prepareImage({ project: PROJECT_DIR, workspace, out });

    it("is made of files that the Dockerfile copies and the build sees", () => {
      const needed = [
        ...files,
        "toolchain/image/prepare.ts",
        "toolchain/image/write-sbom.ts",
        "package-lock.json",
        ".npmrc",
      ];
      expect(needed.filter((path) => !isCopied(path))).toEqual([]);
      expect(needed.filter((path) => !isSent(path))).toEqual([]);
    });

    it("has the code where the pods run it, readable for their user, and no other service's", () => {
      expect(files).toContain(`${workspace}/${entry}`);
      for (const file of files) expect(statSync(join(out, "code", file)).mode & 0o777).toBe(0o644);
      if (database !== undefined) {
        expect(files).toContain(MIGRATION_PROGRAM);
        expect(files.filter((file) => file.startsWith(`${workspace}/${database.migrations}/`))).not.toEqual([]);
      }
      expect([...new Set(files.map((file) => file.split("/").slice(0, 2).join("/")))].sort()).toEqual(
        ["service-templates/lib", workspace].sort(),
      );
      expect(files.filter((file) => /\/test\/|README/.test(file))).toEqual([]);
      expect(links.get("node_modules/@event-platform-kit/service")).toBe("service-templates/lib");
    });

    it("has packages of the lock file alone, and none that only the platform's program needs", () => {
      const lock = JSON.parse(readFileSync(join(out, "packages", "package-lock.json"), "utf8")) as {
        packages: Record<string, { integrity?: string }>;
      };
      const whole = JSON.parse(read("package-lock.json")) as typeof lock;
      const places = Object.keys(lock.packages).filter((place) => place.startsWith("node_modules/"));
      expect(places).toContain("node_modules/fastify");
      for (const place of places) expect(lock.packages[place]?.integrity).toBe(whole.packages[place]?.integrity);
      expect(places.filter((place) => /pulumi|typescript|vitest|commander|tar-stream/.test(place))).toEqual([]);
    });

    it("starts the entry that its template names", () => {
      expect(dockerfile).toContain(`CMD ["--disable-warning=ExperimentalWarning", "${entry}"]`);
    });
  },
);

it("the Dockerfile stands on digests, is nobody's root, names what it is", () => {
  const defaults = Object.fromEntries(
    [...dockerfile.matchAll(/^ARG (\w+)=(\S+)$/gm)].map(([, key, value]) => [key, value]),
  );
  expect(isPinned(defaults.NODE_IMAGE ?? "")).toBe(true);
  expect(isPinned(defaults.BASE_IMAGE ?? "")).toBe(true);
  expect(defaults.NODE_IMAGE).toContain(`node:${PINNED.node}-`);
  expect(dockerfile.match(/^FROM .*/gm)).toEqual([
    "FROM ${NODE_IMAGE} AS code",
    "FROM ${NODE_IMAGE} AS packages",
    "FROM ${BASE_IMAGE}",
  ]);
  expect(dockerfile).toMatch(new RegExp(`^USER ${CONTAINER_USER}:${CONTAINER_USER}$`, "m"));
  expect(dockerfile).toContain(`WORKDIR ${IMAGE_ROOT}/service-templates/\${SERVICE}\n`);
  for (const label of ["title", "version", "revision", "base.name"])
    expect(dockerfile).toContain(`org.opencontainers.image.${label}=`);
});

it("the kit's own images agree with the pods on user and folder", () => {
  expect(SERVICE_USER).toBe(CONTAINER_USER);
  expect(`/${CODE_FOLDER}`).toBe(IMAGE_ROOT);
});
