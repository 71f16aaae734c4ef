import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const read = (path: string): Manifest => JSON.parse(readFileSync(path, "utf8")) as Manifest;
const paths = globSync("{,cli/,service-templates/*/}package.json").sort();
const LIBRARY = "service-templates/lib";

describe("packages of the project", () => {
  it("name each dependency in one exact version", () => {
    const versions = new Map<string, Set<string>>();
    for (const path of paths) {
      const { dependencies, devDependencies } = read(path);
      for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
        expect(version, `${path}: ${name}`).toMatch(/^\d+\.\d+\.\d+$/);
        versions.set(name, (versions.get(name) ?? new Set()).add(version));
      }
    }
    expect([...versions].filter(([, each]) => each.size > 1).map(([name]) => name)).toEqual([]);
  });

  it("depend on each other in the version that is here", () => {
    const own = new Map(paths.map((path) => [read(path).name, read(path).version]));
    for (const path of paths)
      for (const [name, version] of Object.entries(read(path).dependencies ?? {}))
        if (own.has(name)) expect(version, `${path}: ${name}`).toBe(own.get(name));
  });

  it("are one for each service", () => {
    const services = globSync("service-templates/*/template.yaml")
      .map((path) => dirname(path))
      .sort();
    expect(services.filter((folder) => !paths.includes(join(folder, "package.json")))).toEqual([]);
    for (const folder of services) expect(read(join(folder, "package.json")).name).toBe(folder.split("/")[1]);
  });
});

describe("the service library", () => {
  const { name, exports = {} } = read(join(LIBRARY, "package.json"));

  it("exports files that are there", () => {
    expect(Object.values(exports).filter((file) => !existsSync(join(LIBRARY, file)))).toEqual([]);
  });

  it("has every export in its README, and no other", () => {
    const readme = readFileSync(join(LIBRARY, "README.md"), "utf8");
    const listed = [...readme.matchAll(/^\| (`[^|]*`) \|/gm)].flatMap(([, cell = ""]) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, module = ""]) => module.replace("…", name)),
    );
    expect(listed.sort()).toEqual(
      Object.keys(exports)
        .map((path) => `${name}${path.slice(1)}`)
        .sort(),
    );
  });
});
