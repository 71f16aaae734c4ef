/** `--digest`: applies only the plan that `kit diff` judged. */
import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import type { StackSettings } from "../../components/model/stack/stack.ts";
import { parseDigest, planFingerprint } from "../../components/plan/digest.ts";
import type { PlatformPlan } from "../../components/plan/types.ts";
import { KitError } from "../errors.ts";

/**
 * Refuses a plan that does not match a digest, and a platform that changed since the digest was made.
 * @param stateFile - The stack's state; without one nothing was ever applied, and there is no base to compare with.
 * @returns the fingerprint that the program itself must compute, in case files change in the meantime.
 * @throws KitError `KIT_DIGEST_INVALID`, `KIT_DIGEST_REFUSED`, `KIT_DIGEST_OTHER_PLAN`, `KIT_DIGEST_OTHER_BASE`.
 */
export async function insistOnDigest(
  digest: string,
  plan: PlatformPlan,
  stack: StackSettings,
  stateFile: string,
): Promise<string> {
  const wanted = parseDigest(digest);
  if (wanted === undefined) throw new KitError("KIT_DIGEST_INVALID", JSON.stringify(digest));
  if (wanted.refused) throw new KitError("KIT_DIGEST_REFUSED", digest);
  const fingerprint = planFingerprint(plan, stack);
  if (fingerprint !== wanted.head)
    throw new KitError("KIT_DIGEST_OTHER_PLAN", `${wanted.head}, and the files make ${fingerprint}`);
  const applied = await appliedFingerprint(stateFile);
  // A repetition of a complete, or nearly complete, run finds its own plan applied.
  if (applied !== undefined && applied !== wanted.base && applied !== wanted.head)
    throw new KitError("KIT_DIGEST_OTHER_BASE", `${wanted.base}, and ${applied} is applied`);
  return fingerprint;
}

/** The fingerprint of the last complete run among the stack's outputs; undefined if there is none. */
export async function appliedFingerprint(stateFile: string): Promise<string | undefined> {
  const text = await readFile(stateFile, "utf8").catch(() =>
    readFile(`${stateFile}.gz`).then(
      (bytes) => gunzipSync(bytes).toString("utf8"),
      () => undefined,
    ),
  );
  if (text === undefined) return undefined;
  const state: unknown = JSON.parse(text);
  const resources = at(at(at(state, "checkpoint"), "latest"), "resources");
  const stack: unknown = Array.isArray(resources)
    ? resources.find((resource: unknown) => at(resource, "type") === "pulumi:pulumi:Stack")
    : undefined;
  const found = at(at(stack, "outputs"), "appliedPlan");
  return typeof found === "string" ? found : undefined;
}

function at(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}
