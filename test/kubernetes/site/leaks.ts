import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { PlatformSite } from "./platform-site.ts";

/** What runs left behind and said, by where: the state with its backups, the configuration, the terminal. */
export async function writtenBy({ stack, runs }: PlatformSite): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(stack.stateDir, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && entry.name !== "passphrase")
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map([
    ...(await Promise.all(
      files.map(async (file) => [file.slice(stack.stateDir.length), await readFile(file, "utf8")] as const),
    )),
    ...runs.map(({ text }, index) => [`words of run ${index + 1}`, text] as const),
  ]);
}

/** Where a secret stands, as it is or in Base64, with what stands before it, never with itself. */
export function placesOf(secret: string, written: ReadonlyMap<string, string>): readonly string[] {
  return [secret, Buffer.from(secret).toString("base64")].flatMap((shown) =>
    [...written].flatMap(([where, text]) => {
      const at = text.indexOf(shown);
      return at === -1 ? [] : [`${where}: …${text.slice(Math.max(0, at - 300), at)}`];
    }),
  );
}
