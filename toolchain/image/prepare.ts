/**
 * Program of an image's build: `node toolchain/image/prepare.ts ENTRY OUT`, for example
 * `node toolchain/image/prepare.ts service-templates/order-service/src/main.ts /image`. Leaves in OUT/code the files that the
 * service and its migrations need, and in OUT/packages what `npm ci` reads to install their packages and no other.
 */
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Lock } from "./lock-closure.ts";
import { lockClosure } from "./lock-closure.ts";
import { moduleClosure } from "./module-closure.ts";

/** Program that applies a service's migrations. */
const MIGRATION_PROGRAM = "components/databases/migrate.ts";
const MIGRATIONS = "migrations";
/** Folder of the service library, whose own migrations go into every image with a database. */
const LIBRARY = "lib";

/** What is to be made. */
export interface Preparation {
  /** Root of the project. */
  readonly project: string;
  /** Entry of the service below it. */
  readonly entry: string;
  /** Folder to write to. */
  readonly out: string;
}

/**
 * Copies code, and writes what npm reads. Files are world-readable, folders passable, nothing is writable for others.
 * @throws {Error} naming an import that leads nowhere, or a package that is not the project's.
 */
export function prepareImage({ project, entry, out }: Preparation): {
  readonly files: number;
  readonly packages: readonly string[];
} {
  const [templates = "", service = ""] = entry.split("/");
  const migrations = [templates, service, MIGRATIONS].join("/");
  const hasDatabase = existsSync(join(project, migrations));
  const closure = moduleClosure(hasDatabase ? [entry, MIGRATION_PROGRAM] : [entry], (path) =>
    readFileSync(join(project, path), "utf8"),
  );
  const folders = hasDatabase ? [[templates, LIBRARY, MIGRATIONS].join("/"), migrations] : [];
  const sql = folders.flatMap((folder) =>
    readdirSync(join(project, folder))
      .filter((file) => file.endsWith(".sql"))
      .map((file) => `${folder}/${file}`)
      .sort(),
  );
  const files = [...closure.files, ...sql];
  for (const file of files) {
    const target = join(out, "code", file);
    mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
    copyFileSync(join(project, file), target);
    chmodSync(target, 0o644);
  }
  const lock = JSON.parse(readFileSync(join(project, "package-lock.json"), "utf8")) as Lock;
  const npm = lockClosure(service, closure.packages, lock);
  mkdirSync(join(out, "packages"), { recursive: true });
  writeFileSync(join(out, "packages", "package.json"), `${JSON.stringify(npm.manifest, null, 2)}\n`, { mode: 0o644 });
  writeFileSync(join(out, "packages", "package-lock.json"), `${JSON.stringify(npm.lock, null, 2)}\n`, { mode: 0o644 });
  writeFileSync(
    join(out, "code", "package.json"),
    `${JSON.stringify({ name: service, private: true, type: "module" }, null, 2)}\n`,
    { mode: 0o644 },
  );
  return { files: files.length, packages: closure.packages.map(({ name }) => name) };
}

if (import.meta.main) {
  const [entry, out] = process.argv.slice(2);
  if (entry === undefined || out === undefined) throw new Error("usage: prepare.ts ENTRY OUT");
  const { files, packages } = prepareImage({ project: process.cwd(), entry, out });
  process.stdout.write(`${files} files, packages ${packages.join(", ")}\n`);
}
