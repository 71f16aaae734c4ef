import { type ArtefactRecipe, makeArtefact } from "../making/cache.ts";
import { type Java, supportsAotCache } from "../servers/java.ts";

/** Returns whether starts of servers on this JDK are recorded and use the recording. `KIT_JVM_CACHES=0` disables both. */
export function usesAotCache(java: Java, environment: NodeJS.ProcessEnv = process.env): boolean {
  return supportsAotCache(java) && environment.KIT_JVM_CACHES !== "0";
}

/**
 * Makes an ahead-of-time cache by recording one start of a server. A failed recording only costs speed. It is reported,
 * the servers start without it, and the next preparation tries again.
 */
export async function recordStart(
  recipe: ArtefactRecipe,
  onDetail: (detail: string) => void,
  record: (folder: string) => Promise<void>,
): Promise<void> {
  try {
    await makeArtefact(recipe, async (folder) => {
      onDetail("training the ahead-of-time cache");
      await record(folder);
      return { origin: "built" };
    });
  } catch (error) {
    onDetail(
      `starts without an ahead-of-time cache, slower: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
