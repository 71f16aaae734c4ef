import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Lock } from "../../../../toolchain/image/package-closure.ts";
import { packageClosure } from "../../../../toolchain/image/package-closure.ts";
import type { Manifest } from "../../../../toolchain/image/package-files.ts";
import { packageFiles } from "../../../../toolchain/image/package-files.ts";
import { PROJECT_DIR } from "../../../platform/kit-command.ts";

describe("what a workspace package needs of a lock file", () => {
  const entry = (version: string, more: object = {}) => ({ version, integrity: `sha512-${version}`, ...more });
  const workspace = (folder: string) => ({ resolved: folder, link: true });
  const lock: Lock = {
    packages: {
      "": { dependencies: { t: "1.0.0" } },
      "node_modules/@kit/lib": workspace("lib"),
      "node_modules/other": workspace("other"),
      "node_modules/shop": workspace("shop"),
      lib: { version: "0.1.0", dependencies: { a: "1.0.0" } },
      other: { version: "0.1.0", dependencies: { d: "1.0.0" } },
      shop: { version: "0.1.0", dependencies: { "@kit/lib": "0.1.0" } },
      "node_modules/a": entry("1.0.0", {
        dependencies: { b: "^2.0.0" },
        optionalDependencies: { absent: "1" },
        dev: true,
        peerDependencies: { p: "1", q: "1" },
        peerDependenciesMeta: { q: { optional: true } },
      }),
      "node_modules/a/node_modules/b": entry("2.0.0", { dependencies: { c: "1" } }),
      "node_modules/b": entry("1.0.0", { dependencies: { t: "1" } }),
      "node_modules/c": entry("1.0.0", { dependencies: { a: "1" } }),
      "node_modules/d": entry("1.0.0"),
      "node_modules/p": entry("1.0.0"),
      "node_modules/q": entry("1.0.0"),
      "node_modules/t": entry("1.0.0"),
    },
  };
  const changed = (packages: Lock["packages"]): Lock => ({ packages: { ...lock.packages, ...packages } });

  it("is what it declares and what that declares, found as Node finds it, and nothing else", () => {
    const { manifest, lock: part, workspaces, links } = packageClosure("image", "shop", lock);
    expect(workspaces).toEqual(["lib", "shop"]);
    expect([...links]).toEqual([
      ["node_modules/@kit/lib", "lib"],
      ["node_modules/shop", "shop"],
    ]);
    expect(manifest).toMatchObject({ name: "image", workspaces: ["lib", "shop"] });
    expect(Object.keys(part.packages as object)).toEqual([
      "",
      "lib",
      "node_modules/@kit/lib",
      "node_modules/a",
      "node_modules/a/node_modules/b",
      "node_modules/c",
      "node_modules/p",
      "node_modules/shop",
      "shop",
    ]);
    expect((part.packages as Record<string, object>)["node_modules/a"]).not.toHaveProperty("dev");
  });

  it("is refused for a folder that is no workspace", () => {
    expect(() => packageClosure("image", "gone", lock)).toThrow("no workspace gone");
  });

  it("is refused where the lock file has a hole", () => {
    const holed = changed({ "node_modules/c": entry("1.0.0", { dependencies: { gone: "1" } }) });
    expect(() => packageClosure("image", "shop", holed)).toThrow("no gone, which node_modules/c depends on");
  });

  it("is refused where a workspace has another version than the rest", () => {
    const apart = changed({ "lib/node_modules/a": entry("2.0.0") });
    expect(() => packageClosure("image", "shop", apart)).toThrow("lib/node_modules/a is another version");
  });
});

describe("files of a package", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "kit-package-"));
    for (const path of ["src/main.ts", "src/deep/part.ts", "src/note.md", "sql/1.sql", "test/a.test.ts", "README.md"])
      write(path);
    write("src/node_modules/x/index.ts");
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const write = (path: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), "");
  };

  it.each([
    [["src"], ["package.json", "src/deep/part.ts", "src/main.ts", "src/note.md"]],
    [["src/"], ["package.json", "src/deep/part.ts", "src/main.ts", "src/note.md"]],
    [
      ["**/main.ts", "sql/*.sql"],
      ["package.json", "sql/1.sql", "src/main.ts"],
    ],
    [
      ["src/main.ts", "src"],
      ["package.json", "src/deep/part.ts", "src/main.ts", "src/note.md"],
    ],
  ])("%j", (files, expected) => {
    expect(packageFiles(folder, { name: "p", files })).toEqual(expected);
  });

  it.each([
    [undefined, "lists no files"],
    [[], "lists no files"],
    [["gone"], '"gone" finds nothing'],
    [["../other"], "no path or pattern below its folder"],
    [["!src"], "no path or pattern below its folder"],
  ])("%j is refused", (files, message) => {
    expect(() => packageFiles(folder, { name: "p", ...(files === undefined ? {} : { files }) })).toThrow(message);
  });

  it.each(["lib", "order-service"])("of service-templates/%s are what npm packs, but for its README", (name) => {
    const own = join(PROJECT_DIR, "service-templates", name);
    const manifest = JSON.parse(readFileSync(join(own, "package.json"), "utf8")) as Manifest;
    const printed = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
      cwd: own,
      encoding: "utf8",
    });
    const [packed] = JSON.parse(printed) as [{ files: { path: string }[] }];
    const paths = packed.files.map(({ path }) => path).filter((path) => path !== "README.md");
    expect(packageFiles(own, manifest)).toEqual(paths.sort());
  });
});
