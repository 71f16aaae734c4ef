import { createReadStream } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import * as fc from "fast-check";
import type { Header } from "tar-stream";
import { extract } from "tar-stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LayerFile } from "../../../../cli/image/layer.ts";
import { folderFiles, writeLayer } from "../../../../cli/image/layer.ts";
import type { StoredImage } from "../../../../cli/image/oci-archive.ts";
import {
  BLOBS,
  MEDIA_TYPES,
  readArchive,
  readImage,
  writeArchive,
  writeBlob,
} from "../../../../cli/image/oci-archive.ts";

const PLATFORM = { os: "linux", architecture: "amd64" };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kit-archive-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const file = (path: string, content: string, mode = 0o644): LayerFile => ({
  path,
  mode,
  content: Buffer.from(content),
});

async function headersOf(archive: string, compressed: boolean): Promise<Header[]> {
  const headers: Header[] = [];
  const entries = extract();
  entries.on("entry", (header, stream, next) => {
    headers.push(header);
    stream.on("end", next).resume();
  });
  await (compressed
    ? pipeline(createReadStream(archive), createGunzip(), entries)
    : pipeline(createReadStream(archive), entries));
  return headers;
}

async function imageWith(layout: string, layers: readonly LayerFile[][], platform = PLATFORM): Promise<StoredImage> {
  const written = [];
  for (const files of layers) written.push(await writeLayer(join(layout, BLOBS), { files }));
  const config = await writeBlob(layout, MEDIA_TYPES.config, {
    ...platform,
    config: { Env: ["A=1"] },
    rootfs: { type: "layers", diff_ids: written.map(({ diffId }) => diffId) },
  });
  const layersOf = written.map(({ mediaType, digest, size }) => ({ mediaType, digest, size }));
  return await readImage(
    layout,
    await writeBlob(layout, MEDIA_TYPES.manifest, {
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.manifest,
      config,
      layers: layersOf,
    }),
  );
}

describe("layers", () => {
  it("hold entries of nobody, of no time, parents first", async () => {
    const blobs = join(folder, "headers");
    const layer = await writeLayer(blobs, {
      files: [file("b/c/run", "x", 0o755), file("a", "y")],
      folders: [{ path: "tmp", mode: 0o1777 }],
    });
    const headers = await headersOf(join(blobs, layer.digest.slice("sha256:".length)), true);
    expect(
      headers.map(({ name, type, mode, uid, gid, uname, gname, mtime }) => [
        name,
        type,
        mode,
        uid,
        gid,
        uname,
        gname,
        mtime?.getTime(),
      ]),
    ).toEqual([
      ["a", "file", 0o644, 0, 0, "", "", 0],
      ["b/", "directory", 0o755, 0, 0, "", "", 0],
      ["b/c/", "directory", 0o755, 0, 0, "", "", 0],
      ["b/c/run", "file", 0o755, 0, 0, "", "", 0],
      ["tmp/", "directory", 0o1777, 0, 0, "", "", 0],
    ]);
  });

  it("are the same for the same files in any order, and others once a byte, a name or a permission differs", async () => {
    const names = fc.stringMatching(/^[a-z]{1,8}(\/[a-z]{1,8}){0,3}\.js$/);
    const files = fc
      .uniqueArray(fc.record({ path: names, content: fc.string(), executable: fc.boolean() }), {
        selector: ({ path }) => path,
        minLength: 1,
        maxLength: 12,
      })
      // A path that is a file cannot be a folder as well.
      .filter((all) =>
        all.every(({ path }) => all.every((other) => other.path === path || !other.path.startsWith(`${path}/`))),
      );
    await fc.assert(
      fc.asyncProperty(files, fc.nat(), async (all, turn) => {
        const blobs = join(folder, "properties");
        const entries = all.map(({ path, content, executable }) => file(path, content, executable ? 0o755 : 0o644));
        const cut = turn % entries.length;
        const first = entries[0] ?? file("never", "");
        const [one, rotated, changed, renamed, opened] = await Promise.all([
          writeLayer(blobs, { files: entries }),
          writeLayer(blobs, { files: [...entries.slice(cut), ...entries.slice(0, cut)] }),
          writeLayer(blobs, {
            files: [file(first.path, `${String(first.content)}.`, first.mode), ...entries.slice(1)],
          }),
          writeLayer(blobs, {
            files: [file(`${first.path}x`, String(first.content), first.mode), ...entries.slice(1)],
          }),
          writeLayer(blobs, { files: [{ ...first, mode: first.mode ^ 0o111 }, ...entries.slice(1)] }),
        ]);
        expect(rotated).toEqual(one);
        expect(new Set([one, changed, renamed, opened].map(({ digest }) => digest)).size).toBe(4);
        expect(new Set([one, changed, renamed, opened].map(({ diffId }) => diffId)).size).toBe(4);
      }),
      { numRuns: 40 },
    );
  });

  it("take a folder's files, whatever their permissions are here", async () => {
    const source = join(folder, "source");
    await mkdir(join(source, "in", "node_modules"), { recursive: true });
    await writeFile(join(source, "in", "plain"), "1", { mode: 0o600 });
    await writeFile(join(source, "in", "program"), "2");
    await chmod(join(source, "in", "program"), 0o777);
    await writeFile(join(source, "in", "node_modules", "left"), "3");
    const modes = async (leftOut: string) =>
      (await folderFiles(source, "app", (path) => path === leftOut)).map(({ path, mode }) => [path, mode]).sort();
    expect(await modes("in/node_modules")).toEqual([
      ["app/in/plain", 0o644],
      ["app/in/program", 0o755],
    ]);
    // Only the folder of that very path.
    expect(await modes("node_modules")).toContainEqual(["app/in/node_modules/left", 0o644]);
  });
});

describe("archives", () => {
  it("hold what images share once, and give back what was put in", async () => {
    const layout = join(folder, "written");
    const shared = [file("base", "the same")];
    const images = [
      { name: "registry.example.com/shop/b:1", image: await imageWith(layout, [shared, [file("b", "b")]]) },
      { name: "registry.example.com/shop/a:1", image: await imageWith(layout, [shared, [file("a", "a")]]) },
    ];
    const out = join(folder, "two.tar");
    await writeArchive(layout, images, out);
    const names = (await headersOf(out, false)).map(({ name }) => name);
    // Two manifests, two configurations, three layers.
    expect(names.filter((name) => name.startsWith(BLOBS))).toHaveLength(7);
    expect(names.slice(0, 2)).toEqual(["oci-layout", "index.json"]);
    const read = await readArchive(out, join(folder, "read"), PLATFORM);
    expect(read.descriptor.digest).toBe(images[1]?.image.descriptor.digest);
    expect(read.descriptor.annotations?.["io.containerd.image.name"]).toBe("registry.example.com/shop/a:1");
    expect(read.manifest).toEqual(images[1]?.image.manifest);

    const again = join(folder, "again.tar");
    await writeArchive(layout, images.toReversed(), again);
    expect((await readFile(again)).equals(await readFile(out))).toBe(true);
  });

  it("are refused when damaged, when cut short, for another processor, and when they are none", async () => {
    const layout = join(folder, "refused");
    const image = await imageWith(layout, [[file("secret-free", "content that is looked for")]], {
      os: "linux",
      architecture: "arm64",
    });
    const out = join(folder, "arm.tar");
    await writeArchive(layout, [{ name: "x:1", image }], out);
    await expect(readArchive(out, join(folder, "r1"), PLATFORM)).rejects.toThrow("it holds no image for linux/amd64");

    const bytes = await readFile(out);
    const at = bytes.indexOf(`"architecture":"arm64","config"`);
    expect(at).toBeGreaterThan(0);
    bytes.write(`"architecture":"amd64"`, at);
    const damaged = join(folder, "damaged.tar");
    await writeFile(damaged, bytes);
    await expect(readArchive(damaged, join(folder, "r2"), PLATFORM)).rejects.toThrow(
      /its blob [0-9a-f]{64} is damaged/,
    );

    await truncate(out, Math.floor((await stat(out)).size / 2));
    await expect(readArchive(out, join(folder, "r3"), PLATFORM)).rejects.toThrow();

    const none = join(folder, "none.tar");
    await writeFile(none, Buffer.alloc(10_240));
    await expect(readArchive(none, join(folder, "r4"), PLATFORM)).rejects.toThrow("it holds no index.json");
  });
});
