import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BuildRequest } from "../../../../cli/image/build-images.ts";
import { buildImages } from "../../../../cli/image/build-images.ts";

const WORKSPACE = "service-templates/tiny-service";
const PACKAGE = { version: "1.0.0", integrity: "sha512-of-a-test" };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kit-build-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A project with one service, which depends on one package. */
async function project(
  name: string,
  changes: { readonly files?: readonly string[]; readonly declared?: string; readonly installed?: object } = {},
): Promise<string> {
  const root = join(folder, name);
  const write = async (path: string, content: string): Promise<void> => {
    await mkdir(join(root, path, ".."), { recursive: true });
    await writeFile(join(root, path), content);
  };
  const manifest = (version: string) => ({ version: "0.1.0", dependencies: { tiny: version } });
  await write(`${WORKSPACE}/src/main.ts`, `import { answer } from "tiny";\nconsole.log(answer);\n`);
  await write(
    `${WORKSPACE}/package.json`,
    JSON.stringify({
      name: "tiny-service",
      type: "module",
      files: changes.files ?? ["src"],
      ...manifest(changes.declared ?? "1.0.0"),
    }),
  );
  await write(
    "package-lock.json",
    JSON.stringify({
      lockfileVersion: 3,
      packages: {
        "": { workspaces: [WORKSPACE] },
        "node_modules/tiny": PACKAGE,
        "node_modules/tiny-service": { resolved: WORKSPACE, link: true },
        [WORKSPACE]: manifest("1.0.0"),
      },
    }),
  );
  await write(
    "node_modules/.package-lock.json",
    JSON.stringify({ packages: { "node_modules/tiny": { ...PACKAGE, ...changes.installed } } }),
  );
  await write("node_modules/tiny/index.js", "export const answer = 42;\n");
  return root;
}

const request = (projectDir: string, out: string, base: BuildRequest["base"] = { by: "host" }): BuildRequest => ({
  projectDir,
  services: [{ service: "tiny-service", workspace: WORKSPACE, entry: "src/main.ts", name: "localhost/tiny-service:1" }],
  base,
  version: "1",
  out: join(folder, out),
});

describe("images refused before anything is written", () => {
  it.each([
    ["gone", { files: ["gone"] }, "KIT_IMAGE_CODE", '"gone" finds nothing'],
    ["no-entry", { files: ["package.json"] }, "KIT_IMAGE_CODE", "src/main.ts is not among the files"],
    ["not-locked", { declared: "1.0.1" }, "KIT_IMAGE_CODE", "has tiny 1.0.1, package-lock.json 1.0.0"],
    [
      "other-version",
      { installed: { version: "1.0.1" } },
      "KIT_IMAGE_PACKAGES",
      "installed in version 1.0.1, package-lock.json has 1.0.0",
    ],
    [
      "other-content",
      { installed: { integrity: "sha512-of-somebody-else" } },
      "KIT_IMAGE_PACKAGES",
      "node_modules/tiny was installed with other content",
    ],
  ])("%s", async (name, changes, code, message) => {
    const building = buildImages(request(await project(name, changes), `${name}.tar`));
    await expect(building).rejects.toMatchObject({ code, message: expect.stringContaining(message) as unknown });
    await expect(readFile(join(folder, `${name}.tar`))).rejects.toThrow("ENOENT");
  });

  it("a base that is no archive of images", async () => {
    const base = join(folder, "base.tar");
    await writeFile(base, "no archive");
    await expect(
      buildImages(request(await project("bad-base"), "bad-base.tar", { by: "archive", archive: base })),
    ).rejects.toMatchObject({ code: "KIT_IMAGE_BASE" });
  });
});

describe("an image's digest", () => {
  it("follows the code and the packages, not the folder it was built in nor the time", async () => {
    const root = await project("original");
    const [first] = await buildImages(request(root, "first.tar"));
    await cp(root, join(folder, "elsewhere"), { recursive: true });
    expect(await buildImages(request(join(folder, "elsewhere"), "second.tar"))).toEqual([first]);
    await writeFile(join(folder, "elsewhere", "node_modules/tiny/index.js"), "export const answer = 43;\n");
    const [third] = await buildImages(request(join(folder, "elsewhere"), "third.tar"));
    expect(third?.digest).not.toBe(first?.digest);
  }, 120_000);
});
