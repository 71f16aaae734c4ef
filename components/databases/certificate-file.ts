import { createHash } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { replaceFileSync } from "../machine/durable-file.ts";

/**
 * Writes a certificate to a file, for providers that require a path. Returns the path, relative to the project. The
 * file's name follows from the content. The path is therefore the same on every machine with the same state directory,
 * and an unchanged certificate changes nothing.
 * @param folder - Folder for such files, relative to the project, where the engine runs its plugins.
 */
export function certificateFile(projectDir: string, folder: string, pem: string): string {
  const path = join(folder, `${createHash("sha256").update(pem).digest("hex").slice(0, 16)}.pem`);
  const file = join(projectDir, path);
  if (existsSync(file)) return path;
  mkdirSync(join(projectDir, folder), { recursive: true, mode: 0o700 });
  replaceFileSync(file, pem, 0o644);
  return path;
}
