import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { linuxPlatform } from "../../cli/image/build-images.ts";
import { readArchive } from "../../cli/image/oci-archive.ts";
import { runChecked, runCommand } from "../../toolchain/making/command.ts";
import { runKit } from "../platform/kit-command.ts";
import { makeBaseImage, makeBuildImage } from "./image/made-bases.ts";
import type { UnpackedImage } from "./image/unpacked-image.ts";
import { endOf, sandboxMissing, sbomOf, startContainer, unfitFiles, unpackImage } from "./image/unpacked-image.ts";

const bill = z.object({ components: z.array(z.looseObject({ name: z.string() })) });
const SERVICE = "order-service";

/** Why no Dockerfile can be built here; undefined when one can. */
async function builderMissing(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return "buildah without its own user range needs root";
  if ((await runCommand("buildah", ["--version"]).catch(() => ({ code: 127 }))).code !== 0)
    return "buildah is not installed";
  if ((await runCommand("npm", ["ping"], { timeoutMs: 20_000 }).catch(() => ({ code: 127 }))).code !== 0)
    return "npm reaches no registry";
  return await sandboxMissing();
}
const missing = await builderMissing();

describe.skipIf(missing !== undefined)(
  `an image built from its Dockerfile by buildah on bases made of this machine${missing === undefined ? "" : ` (skipped: ${missing})`}`,
  () => {
    let folder: string;
    const images: { byDockerfile?: UnpackedImage; byKit?: UnpackedImage } = {};

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "kit-dockerfile-"));
      const storage = join(folder, "storage.conf");
      await writeFile(storage, `[storage]\ndriver = "vfs"\ngraphroot = "${folder}/graph"\nrunroot = "${folder}/run"\n`);
      const env = { CONTAINERS_STORAGE_CONF: storage, BUILDAH_ISOLATION: "chroot" };
      const [base, build] = [await makeBaseImage(folder), await makeBuildImage(folder)];
      for (const { archive, name } of [base, build])
        await runChecked("buildah", ["pull", `oci-archive:${archive}:${name}:1`], { env });
      const kit = async (out: string, ...args: string[]): Promise<void> => {
        const { code, stderr } = await runKit(
          { stateDir: join(folder, "state"), portBase: 0 },
          ["image", "build", SERVICE, "--tag", "1.0.0", "--out", out, ...args],
          { timeoutMs: 500_000, env },
        );
        expect(code, stderr).toBe(0);
      };
      await kit(
        join(folder, "dockerfile.tar"),
        "--builder",
        "buildah",
        "--base",
        `${base.name}@${base.digest}`,
        "--node-image",
        `${build.name}@${build.digest}`,
      );
      await kit(join(folder, "kit.tar"), "--base", base.archive);
      for (const [key, archive] of [
        ["byDockerfile", "dockerfile.tar"],
        ["byKit", "kit.tar"],
      ] as const) {
        const layout = join(folder, key);
        const { descriptor } = await readArchive(join(folder, archive), layout, linuxPlatform());
        images[key] = await unpackImage(layout, descriptor.digest);
      }
    }, 900_000);
    afterAll(async () => {
      await images.byDockerfile?.remove();
      await images.byKit?.remove();
      await rm(folder, { recursive: true, force: true });
    });

    const imageOf = (key: keyof typeof images): UnpackedImage => {
      const image = images[key];
      if (image === undefined) throw new Error(`The image ${key} was not built.`);
      return image;
    };

    it("holds the same code and packages as the kit's own, file by file", async () => {
      const byKit = await digests(join(imageOf("byKit").root, "app"));
      expect(byKit.size).toBeGreaterThan(500);
      const byDockerfile = await digests(join(imageOf("byDockerfile").root, "app"));
      // npm's own record; links to programs, which no service runs; and the bill of materials, which names the base differently.
      const left = (files: ReadonlyMap<string, string>) =>
        Object.fromEntries(
          [...files].filter(
            ([path]) => path !== "sbom.cdx.json" && !/^node_modules\/(\.package-lock\.json|\.bin\/)/.test(path),
          ),
        );
      expect(left(byDockerfile)).toEqual(left(byKit));
    });

    it("has the same bill of materials but for the base's name", async () => {
      const components = async (key: keyof typeof images) =>
        bill.parse(await sbomOf(imageOf(key))).components.filter(({ name }) => !name.startsWith("localhost/"));
      expect((await components("byKit")).length).toBeGreaterThan(50);
      expect(await components("byDockerfile")).toEqual(await components("byKit"));
    });

    it("starts, and is as the kit's own in user, labels and permissions", async () => {
      for (const key of ["byDockerfile", "byKit"] as const) {
        const image = imageOf(key);
        expect(image.image.config.config).toMatchObject({
          User: "10001:10001",
          Labels: { "org.opencontainers.image.title": SERVICE, "org.opencontainers.image.version": "1.0.0" },
        });
        expect(unfitFiles(image)).toEqual([]);
        const { code, output } = await endOf(
          await startContainer(image, {
            command: ["node", "--disable-warning=ExperimentalWarning", `service-templates/${SERVICE}/src/main.ts`],
            environment: {},
            files: {},
          }),
          60_000,
        );
        expect(output).toContain("SVC_CONFIG_INVALID");
        expect(code).toBe(1);
      }
    });
  },
);

async function digests(root: string): Promise<ReadonlyMap<string, string>> {
  const entries = (await readdir(root, { recursive: true, withFileTypes: true })).filter(
    (entry) => entry.isFile() || entry.isSymbolicLink(),
  );
  const hashed = await Promise.all(
    entries.map(async (entry): Promise<[string, string]> => {
      const path = join(entry.parentPath, entry.name);
      return [
        relative(root, path),
        createHash("sha256")
          .update(entry.isFile() ? await readFile(path) : await readlink(path))
          .digest("hex"),
      ];
    }),
  );
  return new Map(hashed.sort(([a], [b]) => (a < b ? -1 : 1)));
}
