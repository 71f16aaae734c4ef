/** Repairs a file beside the state after a kill in the middle of a write. */
import { readFile, rm } from "node:fs/promises";
import { parsedJson } from "../../components/model/values/json.ts";

/**
 * Pulumi's file backend writes each state to a temporary file and renames it, so a kill never damages the state itself. Beside
 * it is a file with attributes (type, checksum), which is written in place. A kill in between leaves it empty, and the next run
 * fails with "failed to load checkpoint: EOF". Without that file the state can be read normally (gocloud.dev's fileblob; seen
 * with Pulumi 3), so an empty one is removed.
 * @param stateFile - Path of the stack's state.
 */
export async function removeTornAttributes(stateFile: string): Promise<void> {
  await Promise.all(
    [stateFile, `${stateFile}.bak`].map(async (file) => {
      const attributes = `${file}.attrs`;
      const text = await readFile(attributes, "utf8").catch(() => undefined);
      if (text !== undefined && parsedJson(text) === undefined) await rm(attributes, { force: true });
    }),
  );
}
