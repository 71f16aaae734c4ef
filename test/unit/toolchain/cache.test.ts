import { spawn } from "node:child_process";
import { access, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import {
  type ArtefactRecipe,
  artefactFolder,
  artefactKey,
  cacheDirectory,
  findArtefact,
  makeArtefact,
} from "../../../toolchain/making/cache.ts";

const recipe: ArtefactRecipe = { name: "tool", version: "1.0.0", inputs: { version: "1.0.0", flags: "-s" } };

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), "kit-cache-"));
});
afterEach(() => rm(cache, { recursive: true, force: true }));

describe("cacheDirectory", () => {
  it("takes the kit's own variable before XDG's before the home folder", () => {
    expect(cacheDirectory({ KIT_CACHE_DIR: "/a", XDG_CACHE_HOME: "/b" })).toBe("/a");
    expect(cacheDirectory({ KIT_CACHE_DIR: "", XDG_CACHE_HOME: "/b" })).toBe("/b/event-platform-kit");
    expect(cacheDirectory({})).toMatch(/\/\.cache\/event-platform-kit$/);
  });
});

describe("artefactKey", () => {
  it("does not depend on the order of the inputs", () => {
    expect(artefactKey({ a: "1", b: "2" })).toBe(artefactKey({ b: "2", a: "1" }));
  });

  it("depends on every name and value, and on where one ends", () => {
    const keys = [{ a: "1" }, { a: "2" }, { b: "1" }, { a: "1", b: "" }, { a: '1","b' }, { ab: "" }].map(artefactKey);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe("makeArtefact", () => {
  it("publishes the folder whole, with its manifest, and makes it once", async () => {
    let makes = 0;
    const make = async (folder: string) => {
      makes++;
      await writeFile(join(folder, "binary"), "content");
      return { origin: "built" as const, facts: { transport: "tls" } };
    };
    const first = await makeArtefact(recipe, make, cache);
    const second = await makeArtefact(recipe, make, cache);
    expect(makes).toBe(1);
    expect(second).toEqual(first);
    expect(first).toMatchObject({ version: "1.0.0", origin: "built", facts: { transport: "tls" } });
    expect(await readFile(join(first.folder, "binary"), "utf8")).toBe("content");
  });

  it("lets several makers at once make it once", async () => {
    let makes = 0;
    const make = async () => {
      makes++;
      await new Promise((wake) => setTimeout(wake, 50));
      return { origin: "built" as const };
    };
    const results = await Promise.all(Array.from({ length: 4 }, () => makeArtefact(recipe, make, cache)));
    expect(makes).toBe(1);
    expect(new Set(results.map(({ folder }) => folder)).size).toBe(1);
  });

  it("does not let a maker's failure leave anything that is found", async () => {
    await expect(
      makeArtefact(
        recipe,
        async (folder) => {
          await writeFile(join(folder, "half"), "");
          throw new Error("disk full");
        },
        cache,
      ),
    ).rejects.toThrow("disk full");
    expect(await findArtefact(recipe, cache)).toBeUndefined();
    expect(await readdir(join(cache, "artefacts"))).toEqual([]);
  });

  it("makes it again after a maker was killed half-way, and clears away what that one left", async () => {
    const script = `
      import { makeArtefact } from ${JSON.stringify(new URL("../../../toolchain/making/cache.ts", import.meta.url).href)};
      import { writeFileSync } from "node:fs";
      await makeArtefact(${JSON.stringify(recipe)}, async (folder) => {
        writeFileSync(folder + "/half", "");
        process.stdout.write("making");
        await new Promise(() => setInterval(() => {}, 1000));
      }, ${JSON.stringify(cache)});`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((started) => child.stdout.once("data", started));
    child.kill("SIGKILL");
    await new Promise((ended) => child.once("close", ended));

    expect(await findArtefact(recipe, cache)).toBeUndefined();
    // The dead maker's lock is taken over when it is stale: make it so at once.
    await utimes(join(cache, "locks", "tool.lock"), 0, 0);
    const made = await makeArtefact(recipe, async () => ({ origin: "built" }), cache);
    await expect(access(join(made.folder, "half"))).rejects.toThrow();
    expect(await readdir(join(cache, "artefacts"))).toEqual([made.folder.split("/").at(-1)]);
  }, 20_000);

  it("does not trust a folder of the right name without a manifest", async () => {
    const folder = artefactFolder(recipe, cache);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "binary"), "half");
    expect(await findArtefact(recipe, cache)).toBeUndefined();
    const made = await makeArtefact(recipe, async () => ({ origin: "built" }), cache);
    await expect(access(join(made.folder, "binary"))).rejects.toThrow();
  });

  it("clears away results of other inputs that were not used for a month, and only those", async () => {
    const old = await makeArtefact(
      { ...recipe, inputs: { version: "0.9.0" } },
      async () => ({ origin: "built" }),
      cache,
    );
    const recent = await makeArtefact(
      { ...recipe, inputs: { version: "0.9.1" } },
      async () => ({ origin: "built" }),
      cache,
    );
    const other = await makeArtefact({ ...recipe, name: "tool-other" }, async () => ({ origin: "built" }), cache);
    await utimes(join(old.folder, "artefact.json"), 0, 0);
    await utimes(join(other.folder, "artefact.json"), 0, 0);
    await makeArtefact(recipe, async () => ({ origin: "built" }), cache);
    const left = await readdir(join(cache, "artefacts"));
    expect(left).not.toContain(old.folder.split("/").at(-1));
    expect(left).toContain(recent.folder.split("/").at(-1));
    expect(left).toContain(other.folder.split("/").at(-1));
  });

  it("names the folder and the way out when the cache cannot be written", async () => {
    const file = join(cache, "file");
    await writeFile(file, "");
    await expect(makeArtefact(recipe, async () => ({ origin: "built" }), join(file, "cache"))).rejects.toMatchObject({
      code: "CACHE_UNWRITABLE",
      message: expect.stringContaining(file),
      fix: expect.stringContaining("KIT_CACHE_DIR"),
    });
  });
});
