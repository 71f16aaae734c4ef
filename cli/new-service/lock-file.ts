/** Adds a service to npm's lock file, so that `npm ci` accepts the project. Pure. */
import * as z from "zod";
import { KitError } from "../errors.ts";
import { SERVICES_FOLDER } from "./project-reading.ts";

/** Path of npm's lock file below a project. */
export const LOCK_FILE = "package-lock.json";

const lockFile = z.looseObject({ packages: z.record(z.string(), z.looseObject({})) });

/** Names of packages in the project's `node_modules`: no service can have one of them. */
export function installedNames(lock: string): readonly string[] {
  return Object.keys(lockFile.parse(JSON.parse(lock)).packages).flatMap(
    (place) => /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(place)?.[1] ?? [],
  );
}

/**
 * The lock file with a service that has a template's dependencies, as npm would write it.
 * @throws KitError `KIT_NEW_UNEDITABLE` when the lock file lacks the template.
 */
export function lockWithService(lock: string, template: string, service: string): string {
  const whole = JSON.parse(lock) as object;
  const known = lockFile.parse(whole).packages;
  const entry = known[`${SERVICES_FOLDER}/${template}`];
  if (entry === undefined)
    throw new KitError("KIT_NEW_UNEDITABLE", `${LOCK_FILE} has no workspace ${SERVICES_FOLDER}/${template}`, {
      fix: "Run `npm install`, then repeat.",
    });
  const packages = {
    ...known,
    [`node_modules/${service}`]: { resolved: `${SERVICES_FOLDER}/${service}`, link: true },
    [`${SERVICES_FOLDER}/${service}`]: entry,
  };
  // npm's order.
  const sorted = Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, "en"));
  return `${JSON.stringify({ ...whole, packages: Object.fromEntries(sorted) }, undefined, 2)}\n`;
}
