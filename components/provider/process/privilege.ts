/** Determines the user of a process if the platform runs as root and the process must not. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { reasonOf } from "../../machine/coded-error.ts";
import type { Owner } from "../../machine/durable-file.ts";
import { providerError } from "../errors.ts";

const run = promisify(execFile);

/**
 * How to run the process: as the current user, as another user, or inside a user namespace that maps root to an
 * ordinary user.
 */
export type Privilege =
  | { readonly kind: "same" }
  | { readonly kind: "user"; readonly owner: Owner }
  | { readonly kind: "namespace"; readonly wrapper: readonly string[] };

/**
 * Returns the users to switch to, best first: `nobody` has no rights anywhere, `postgres` at least is not a person's
 * account.
 */
function candidates(passwd: string): Owner[] {
  return ["nobody", "postgres", "daemon"].flatMap((user) => {
    const fields = passwd
      .split("\n")
      .find((line) => line.startsWith(`${user}:`))
      ?.split(":");
    const [uid, gid] = [Number(fields?.[2]), Number(fields?.[3])];
    return Number.isInteger(uid) && Number.isInteger(gid) && uid > 0 ? [{ uid, gid }] : [];
  });
}

/** Returns whether every user may traverse all folders above the path. A missing folder counts as closed. */
async function isReachableByAll(path: string): Promise<boolean> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const facts = await stat(folder).catch(() => undefined);
    if (facts === undefined) return false;
    if ((facts.mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/**
 * Determines how to drop root's rights so that all `paths` stay usable. If the platform does not run as root, nothing
 * is dropped.
 * @param paths - Files and folders that the process must reach. Their parent folders must exist.
 * @throws `cannot-drop-privileges`
 */
export async function dropFor(name: string, paths: readonly string[]): Promise<Privilege> {
  if (process.getuid?.() !== 0) return { kind: "same" };
  const [owner] = candidates(readFileSync("/etc/passwd", "utf8"));
  const reachable = (await Promise.all(paths.map(isReachableByAll))).every((yes) => yes);
  if (owner !== undefined && reachable) return { kind: "user", owner };
  // A home directory such as /root is closed to other users. In a user namespace the kernel still sees root as the
  // files' owner, while the program sees an ordinary user, which initdb requires.
  const wrapper = ["unshare", "--user", "--map-user=65534", "--map-group=65534", "--"];
  try {
    await run("unshare", [...wrapper.slice(1), "true"]);
    return { kind: "namespace", wrapper };
  } catch (error) {
    throw providerError(
      "cannot-drop-privileges",
      {
        name,
        reason: `${paths[0] ?? "its folder"} is closed to other users and user namespaces are not available (${reasonOf(error).trim()})`,
      },
      error,
    );
  }
}
