import { describe, expect, it } from "vitest";
import type { Lock } from "../../../../toolchain/image/lock-closure.ts";
import { lockClosure } from "../../../../toolchain/image/lock-closure.ts";
import { loadedModules, moduleClosure, packageOf } from "../../../../toolchain/image/module-closure.ts";

describe("modules of a text", () => {
  it.each([
    [`import { a } from "./a.ts";`, ["./a.ts"]],
    [`import {\n  a,\n  b,\n} from './a.ts'`, ["./a.ts"]],
    [`import "./effect.ts";`, ["./effect.ts"]],
    [`export * from "./a.ts";\nexport { b } from "b";`, ["./a.ts", "b"]],
    [`const later = await import("./later.ts");`, ["./later.ts"]],
    [`import type { T } from "./types.ts";`, []],
    [`export type { T } from "./types.ts";`, []],
    [`const text = "import { a } from './a.ts'";`, []],
    [`import a from "a"; import b from "b";`, ["a"]],
  ])("%s", (code, expected) => {
    // The last one: statements stand on lines of their own in this project.
    expect(loadedModules(code)).toEqual(expected);
  });

  it.each([
    ["pg", "pg"],
    ["pg/lib/client", "pg"],
    ["@fastify/rate-limit", "@fastify/rate-limit"],
    ["@a/b/c.js", "@a/b"],
  ])("%s belongs to %s", (specifier, name) => {
    expect(packageOf(specifier)).toBe(name);
  });
});

describe("closure over modules", () => {
  const files: Record<string, string> = {
    "s/main.ts": `import { a } from "./a.ts";\nimport fs from "node:fs";\nimport pg from "pg";`,
    "s/a.ts": `import { b } from "../lib/b.ts";\nimport type { X } from "./never.ts";`,
    "lib/b.ts": `import "../s/a.ts";\nimport d from "./data.json" with { type: "json" };\nimport pg from "pg";`,
    "lib/data.json": `{}`,
  };
  const read = (path: string): string => {
    const text = files[path];
    if (text === undefined) throw new Error("absent");
    return text;
  };

  it("follows circles, leaves types and Node's own modules out, names who imports a package first", () => {
    expect(moduleClosure(["s/main.ts"], read)).toEqual({
      files: ["lib/b.ts", "lib/data.json", "s/a.ts", "s/main.ts"],
      packages: [{ name: "pg", importedBy: "lib/b.ts" }],
    });
  });

  it("names the import that leads nowhere", () => {
    files["s/main.ts"] = `import "./gone.ts";`;
    expect(() => moduleClosure(["s/main.ts"], read)).toThrow("s/gone.ts cannot be read; s/main.ts imports it.");
  });
});

describe("part of a lock file", () => {
  const entry = (version: string, more: object = {}) => ({ version, integrity: `sha512-${version}`, ...more });
  const lock: Lock = {
    packages: {
      "": { dependencies: { a: "1.0.0", d: "1.0.0" }, devDependencies: { t: "1.0.0" } },
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

  it("has what is reached, found as Node finds it, and nothing else", () => {
    const { manifest, lock: part } = lockClosure("s", [{ name: "a", importedBy: "main.ts" }], lock);
    expect(manifest).toMatchObject({ name: "s", dependencies: { a: "1.0.0" } });
    expect(Object.keys(part.packages as object)).toEqual([
      "",
      "node_modules/a",
      "node_modules/a/node_modules/b",
      "node_modules/c",
      "node_modules/p",
    ]);
    expect((part.packages as Record<string, object>)["node_modules/a"]).not.toHaveProperty("dev");
  });

  it("refuses a package that the project does not depend on, and a lock file with a hole", () => {
    expect(() => lockClosure("s", [{ name: "t", importedBy: "main.ts" }], lock)).toThrow(
      "main.ts imports t, which package.json does not list under dependencies",
    );
    expect(() =>
      lockClosure("s", [{ name: "d", importedBy: "main.ts" }], {
        packages: { ...lock.packages, "node_modules/d": entry("1.0.0", { dependencies: { gone: "1" } }) },
      }),
    ).toThrow("no gone, which node_modules/d depends on");
  });
});
