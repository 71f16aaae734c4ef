import { createHash, randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

import lockfile from "proper-lockfile";

import { ToolchainError } from "../errors.ts";

/**
 * The user-level cache of prepared tools.
 *
 *     <cache>/artefacts/<name>-<key>/            one finished artefact, never changed after it is published
 *     <cache>/artefacts/<name>-<key>/artefact.json
 *     <cache>/artefacts/.making-<name>-…/        one in progress; never trusted, removed by the next maker
 *     <cache>/locks/<name>                        lock of the artefact's makers
 */

/** The file that marks a folder as an artefact. It is written last, before the folder gets its final name. */
const MANIFEST = "artefact.json";
const UNUSED_DAYS = 30;
const DAY_MS = 24 * 60 * 60_000;
const LOCK_STALE_MS = 30_000;
const LOCK_WAIT_MS = 65 * 60_000;

/** Content of the file beside an artefact's files. */
export interface ArtefactManifest {
  name: string;
  key: string;
  version: string;
  origin: "downloaded" | "built" | "cache";
  /** Inputs of the artefact, as hashed into the key. */
  inputs: Record<string, string>;
  /** Facts that are expensive to determine, for example whether a server supports TLS. */
  facts: Record<string, string>;
}

/** A finished artefact. */
export interface Artefact extends ArtefactManifest {
  folder: string;
}

/** Recipe of an artefact. */
export interface ArtefactRecipe {
  name: string;
  version: string;
  /**
   * Everything that the result depends on. The hash of the inputs is the key. The order of the properties does not
   * matter.
   */
  inputs: Record<string, string>;
}

/** Result that a maker reports. */
export interface MadeArtefact {
  origin: "downloaded" | "built";
  facts?: Record<string, string>;
}

/**
 * Returns the cache folder: `KIT_CACHE_DIR`, otherwise `$XDG_CACHE_HOME/event-platform-kit`, otherwise
 * `~/.cache/event-platform-kit`.
 */
export function cacheDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const own = environment.KIT_CACHE_DIR;
  if (own !== undefined && own !== "") return resolve(own);
  const xdg = environment.XDG_CACHE_HOME;
  return join(xdg !== undefined && xdg !== "" ? resolve(xdg) : join(homedir(), ".cache"), "event-platform-kit");
}

/** Returns the key of some inputs: the first 16 hexadecimal digits of a SHA-256 over their sorted pairs. */
export function artefactKey(inputs: Record<string, string>): string {
  const pairs = Object.entries(inputs).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return createHash("sha256").update(JSON.stringify(pairs)).digest("hex").slice(0, 16);
}

/** Returns the folder of an artefact of this recipe, whether it exists or not. */
export function artefactFolder(recipe: ArtefactRecipe, cache = cacheDirectory()): string {
  return join(cache, "artefacts", `${recipe.name}-${artefactKey(recipe.inputs)}`);
}

/** Returns the finished artefact of a recipe; undefined if it is missing or incomplete. It never makes anything. */
export async function findArtefact(recipe: ArtefactRecipe, cache = cacheDirectory()): Promise<Artefact | undefined> {
  const folder = artefactFolder(recipe, cache);
  const manifestPath = join(folder, MANIFEST);
  try {
    const manifest = JSON.parse(await readFile(manifestPath, "utf8")) as ArtefactManifest;
    if (manifest.name !== recipe.name || manifest.key !== artefactKey(recipe.inputs)) return undefined;
    await markUsed(manifestPath);
    return { ...manifest, folder };
  } catch {
    return undefined;
  }
}

/**
 * Returns the artefact of a recipe, and makes it if it is missing. There is one maker at a time per artefact, over all
 * processes. A maker writes to a temporary folder, which gets the final name, with the manifest, only when it is
 * complete.
 *
 * @param make - Fills the folder that it receives.
 * @throws ToolchainError LOCK_TIMED_OUT, CACHE_UNWRITABLE, and the errors of `make`.
 */
export async function makeArtefact(
  recipe: ArtefactRecipe,
  make: (folder: string) => Promise<MadeArtefact>,
  cache = cacheDirectory(),
): Promise<Artefact> {
  const present = await findArtefact(recipe, cache);
  if (present !== undefined) return present;
  return await withLock(recipe.name, cache, async () => {
    // Another process may have finished it while this one waited.
    const finished = await findArtefact(recipe, cache);
    if (finished !== undefined) return finished;
    await removeLeftovers(recipe, cache);
    const making = join(cache, "artefacts", `.making-${recipe.name}-${process.pid}-${randomBytes(4).toString("hex")}`);
    await mkdir(making, { recursive: true });
    try {
      const made = await make(making);
      const manifest: ArtefactManifest = {
        name: recipe.name,
        key: artefactKey(recipe.inputs),
        version: recipe.version,
        origin: made.origin,
        inputs: recipe.inputs,
        facts: made.facts ?? {},
      };
      await writeFile(join(making, MANIFEST), `${JSON.stringify(manifest, undefined, 2)}\n`);
      const folder = artefactFolder(recipe, cache);
      // A folder of that name without a manifest is not an artefact. Under the lock nothing else can be there.
      await rm(folder, { recursive: true, force: true });
      await rename(making, folder);
      return { ...manifest, folder };
    } finally {
      await rm(making, { recursive: true, force: true });
    }
  });
}

/**
 * Runs an action while it holds a named lock of the cache, over all processes. If the holder died, the lock is taken
 * over after half a minute.
 */
export async function withLock<Result>(name: string, cache: string, action: () => Promise<Result>): Promise<Result> {
  const target = join(cache, "locks", name);
  try {
    await mkdir(join(cache, "locks"), { recursive: true });
    await mkdir(join(cache, "artefacts"), { recursive: true });
  } catch (cause) {
    throw new ToolchainError(
      "CACHE_UNWRITABLE",
      `The cache folder ${cache} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}.`,
      "Make it writable, or name another folder in KIT_CACHE_DIR.",
      { cause },
    );
  }
  const release = await acquire(target);
  try {
    return await action();
  } finally {
    await release().catch(() => undefined);
  }
}

async function acquire(target: string): Promise<() => Promise<void>> {
  const deadline = Date.now() + LOCK_WAIT_MS;
  for (;;) {
    try {
      return await lockfile.lock(target, {
        realpath: false,
        stale: LOCK_STALE_MS,
        update: LOCK_STALE_MS / 6,
        // A machine that was suspended loses the lock. Publishing is one rename, so in the worst case an artefact is
        // made twice.
        onCompromised: () => undefined,
      });
    } catch (error) {
      if (!(error instanceof Error) || (error as NodeJS.ErrnoException).code !== "ELOCKED") throw error;
      if (Date.now() > deadline) {
        throw new ToolchainError(
          "LOCK_TIMED_OUT",
          `Another run has held ${target}.lock for ${LOCK_WAIT_MS / 60_000} minutes.`,
          "End the other run, or wait for it, and repeat.",
          { cause: error },
        );
      }
      await new Promise((wake) => setTimeout(wake, 200));
    }
  }
}

/**
 * Removes the incomplete artefacts of earlier makers, and results that were not used for a month. It runs under the
 * lock.
 */
async function removeLeftovers(recipe: ArtefactRecipe, cache: string): Promise<void> {
  const parent = join(cache, "artefacts");
  for (const entry of await readdir(parent)) {
    const path = join(parent, entry);
    // A key is 16 hexadecimal digits: "kafka-…" must not match "kafka-aot-…".
    const isOlderKey =
      entry.startsWith(`${recipe.name}-`) && /^[0-9a-f]{16}$/.test(entry.slice(recipe.name.length + 1));
    const isLeftover =
      entry.startsWith(`.making-${recipe.name}-`) &&
      /^\d+-[0-9a-f]{8}$/.test(entry.slice(`.making-${recipe.name}-`.length));
    if (isLeftover || (isOlderKey && (await isUnused(path)))) await rm(path, { recursive: true, force: true });
  }
}

async function isUnused(folder: string): Promise<boolean> {
  try {
    return (await stat(join(folder, MANIFEST))).mtimeMs < Date.now() - UNUSED_DAYS * DAY_MS;
  } catch {
    return true;
  }
}

/** Records the last use as the manifest's modification time, with a resolution of one day. */
async function markUsed(manifestPath: string): Promise<void> {
  const now = Date.now();
  if ((await stat(manifestPath)).mtimeMs > now - DAY_MS) return;
  await utimes(manifestPath, now / 1000, now / 1000).catch(() => undefined);
}
