/** Claim checks in a folder that only this user can access: the local platform's store. */
import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { mkdir, open, readdir, rename, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseClaimKey } from "./reference.ts";
import type { ClaimCheckStore } from "./store.ts";

const PRIVATE_FOLDER = 0o700;
const PRIVATE_FILE = 0o600;
/** Suffix of unfinished files. A crash leaves such a file behind; the clean-up of its day removes it. */
const UNFINISHED = ".part";

export function folderStore(root: string): ClaimCheckStore {
  /** Returns the path of a key. Throws for any other text: only valid keys become paths. */
  function pathOf(key: string): string {
    if (parseClaimKey(key) === undefined)
      throw new Error(`${JSON.stringify(key.slice(0, 80))} is no key of a claim check`);
    return join(root, ...key.split("/"));
  }

  return {
    async put(key, content) {
      const path = pathOf(key);
      await mkdir(dirname(path), { recursive: true, mode: PRIVATE_FOLDER });
      const unfinished = `${path}.${randomUUID()}${UNFINISHED}`;
      try {
        const file = await open(unfinished, "wx", PRIVATE_FILE);
        try {
          await file.writeFile(content);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(unfinished, path);
      } catch (error) {
        await rm(unfinished, { force: true });
        throw error;
      }
      // The name becomes durable when its folder is synced.
      await syncFolder(dirname(path));
    },

    async get(key, atMost) {
      // The folder itself may be missing, for example because a disk is not mounted: then it is unknown whether the
      // object exists.
      const before = await stat(root);
      let file;
      try {
        // A link in the folder could lead out of it.
        file = await open(pathOf(key), constants.O_RDONLY | constants.O_NOFOLLOW);
      } catch (error) {
        // The object also counts as unknown if the folder was replaced meanwhile.
        if (isMissing(error) && (await stat(root)).ino === before.ino) return undefined;
        throw error;
      }
      try {
        const buffer = Buffer.allocUnsafe(Math.min((await file.stat()).size, atMost + 1));
        let length = 0;
        while (length < buffer.length) {
          const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
          if (bytesRead === 0) break;
          length += bytesRead;
        }
        return buffer.subarray(0, length);
      } finally {
        await file.close();
      }
    },

    async *list(prefix) {
      const [topic, producer] = prefix.split("/");
      if (topic === undefined || producer === undefined) return;
      for (const day of await entries(join(root, topic, producer))) {
        const keys = (await entries(join(root, topic, producer, day)))
          .map((id) => `${topic}/${producer}/${day}/${id}`)
          .filter((key) => parseClaimKey(key) !== undefined);
        if (keys.length > 0) yield keys;
      }
    },

    async remove(keys) {
      for (const key of keys) await rm(pathOf(key), { force: true });
      for (const folder of new Set(keys.map((key) => dirname(pathOf(key))))) {
        for (const name of (await entries(folder)).filter((file) => file.endsWith(UNFINISHED)))
          await rm(join(folder, name), { force: true });
        // This fails if the folder is not empty, as intended.
        await rmdir(folder).catch(() => undefined);
      }
    },

    close: () => undefined,
  };
}

async function entries(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
