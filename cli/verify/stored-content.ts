/** Reads the local store of claim checks directly, without the services. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { CLAIM_HEADER } from "@event-platform-kit/service/claim-check/reference";
import type { ServerAccess } from "../platform/platform-access.ts";
import type { ServiceContract, StoredContent, StoredObject, TopicRecord } from "./evidence.ts";

/**
 * Content of the store, read after the topics, because an object exists before its record. Objects with a record are read
 * completely.
 * @param folder - Root of the store; a missing folder is empty.
 */
export async function readStoredContent(
  folder: string,
  access: ServerAccess,
  contracts: readonly ServiceContract[],
  records: readonly TopicRecord[],
): Promise<StoredContent> {
  const referred = new Set(records.flatMap(({ claim }) => claim?.key ?? []));
  const objects: StoredObject[] = [];
  for (const path of await filesOf(folder)) {
    const key = relative(folder, path).split(sep).join("/");
    const size = await stat(path).then(
      (found) => found.size,
      () => undefined,
    );
    // Removed after it was listed.
    if (size === undefined) continue;
    objects.push({ key, size, ...(referred.has(key) ? { sha256: await sha256Of(path) } : {}) });
  }
  return { objects, waiting: await waitingKeys(access, contracts) };
}

async function filesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw error;
    },
  );
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest("hex");
}

/** Keys of content whose event is not published yet. */
async function waitingKeys(access: ServerAccess, contracts: readonly ServiceContract[]): Promise<readonly string[]> {
  const keys: string[] = [];
  for (const { service, claimChecks } of contracts) {
    if (claimChecks === undefined || claimChecks.stores.length === 0 || !access.services.includes(service)) continue;
    const client = await access.database(service);
    try {
      const { rows } = await client.query<{ key: string }>(
        "SELECT headers ->> $1 AS key FROM outbox WHERE headers ? $1 UNION SELECT headers ->> $1 FROM outbox_parked WHERE headers ? $1",
        [CLAIM_HEADER.key],
      );
      keys.push(...rows.map(({ key }) => key));
    } finally {
      await client.end();
    }
  }
  return keys;
}
