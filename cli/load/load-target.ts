import type { CommandContext } from "../context.ts";
import { KitError } from "../errors.ts";
import { readDeclaredStatus } from "../platform/platform-status.ts";
import { signToken } from "../tokens.ts";
import type { LoadDefinition } from "./definition.ts";
import type { LoadTarget } from "./open-loop.ts";

/** Longer than any run. */
const TOKEN_LIFE_MS = 6 * 3_600_000;

/**
 * Target of a project's load on the running platform, with tokens signed by its own issuer.
 * @throws KitError `KIT_PLATFORM_NOT_RUNNING`; `tokenFor` rejects with `KIT_ISSUER_KEY_MISSING`.
 */
export async function loadTarget(
  context: Pick<CommandContext, "stateDir" | "now">,
  { path, idField }: Pick<LoadDefinition, "path" | "idField">,
): Promise<LoadTarget> {
  const declared = await readDeclaredStatus(context.stateDir);
  if (declared === undefined) throw new KitError("KIT_PLATFORM_NOT_RUNNING", "it was never brought up");
  return {
    url: new URL(path, declared.endpoints.gateway).href,
    idField,
    tokenFor: async (customerId) =>
      (await signToken(context.stateDir, { subject: customerId, ttlMs: TOKEN_LIFE_MS, now: context.now() })).token,
  };
}
