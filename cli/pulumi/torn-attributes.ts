/** Mends what a kill in the middle of writing the state leaves beside it. */
import { readFile, rm } from "node:fs/promises";
import { parsedJson } from "../../components/model/values/json.ts";

/**
 * Pulumi's file backend writes each state to a temporary file and renames it, so the state itself is whole after any
 * kill. But beside it is a file with attributes (type, checksum), written in place: killed in between, it is empty, and
 * the next run ends with "failed to load checkpoint: EOF". Without that file the state is read as ever (gocloud.dev's
 * fileblob; seen with Pulumi 3), so a torn one is removed.
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
