/**
 * Program of an image's build: `node toolchain/image/prepare.ts PACKAGE OUT`, for example
 * `node toolchain/image/prepare.ts service-templates/order-service /image`. It writes the files of the package and of
 * its workspaces to OUT/code. To OUT/packages it writes the files with which `npm ci` installs exactly their packages.
 */
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Lock } from "./package-closure.ts";
import { packageClosure } from "./package-closure.ts";
import type { Manifest } from "./package-files.ts";
import { packageFiles } from "./package-files.ts";

/** Input of the preparation. */
export interface Preparation {
  /** Root of the project. */
  readonly project: string;
  /** Folder of the service's package below it. */
  readonly workspace: string;
  /** Folder to write to. */
  readonly out: string;
}

/** Result of the preparation. */
export interface Prepared {
  /** Paths below OUT/code, sorted. */
  readonly files: readonly string[];
  /** Folders of the workspaces by the path of the link that `npm ci` creates to each. */
  readonly links: ReadonlyMap<string, string>;
}

/**
 * Copies the code, and writes the files for npm. All users may read the files and traverse the folders. Only the owner
 * may write.
 * @throws {Error} with a package that is missing or different in the lock file, or with a manifest that lists no files.
 */
export function prepareImage({ project, workspace, out }: Preparation): Prepared {
  const lock = JSON.parse(readFileSync(join(project, "package-lock.json"), "utf8")) as Lock;
  const closure = packageClosure("service-image", workspace, lock);
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    writeFileSync(path, text, { mode: 0o644 });
  };
  const files = closure.workspaces.flatMap((folder) => {
    const text = readFileSync(join(project, folder, "package.json"), "utf8");
    const manifest = JSON.parse(text) as Manifest;
    checkDeclared(folder, manifest, lock);
    write(join(out, "packages", folder, "package.json"), text);
    return packageFiles(join(project, folder), manifest).map((file) => `${folder}/${file}`);
  });
  for (const file of files) {
    const target = join(out, "code", file);
    mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
    copyFileSync(join(project, file), target);
    chmodSync(target, 0o644);
  }
  write(join(out, "packages", "package.json"), `${JSON.stringify(closure.manifest, null, 2)}\n`);
  write(join(out, "packages", "package-lock.json"), `${JSON.stringify(closure.lock, null, 2)}\n`);
  return { files, links: closure.links };
}

/** Checks that the lock file agrees with the manifest. Otherwise `npm ci` would refuse, and so does the kit. */
function checkDeclared(folder: string, { dependencies = {} }: Manifest, lock: Lock): void {
  const locked = lock.packages[folder]?.dependencies ?? {};
  const differing = Object.keys({ ...dependencies, ...locked }).find((name) => dependencies[name] !== locked[name]);
  if (differing !== undefined)
    throw new Error(
      `${folder}/package.json has ${differing} ${dependencies[differing] ?? "not"}, package-lock.json ${locked[differing] ?? "not"}; run npm install.`,
    );
}

if (import.meta.main) {
  const [workspace, out] = process.argv.slice(2);
  if (workspace === undefined || out === undefined) throw new Error("usage: prepare.ts PACKAGE OUT");
  const { files, links } = prepareImage({ project: process.cwd(), workspace, out });
  process.stdout.write(`${files.length} files of ${[...links.values()].join(", ")}\n`);
}
