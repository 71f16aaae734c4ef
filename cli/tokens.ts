/** Access tokens signed by the local token issuer. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { importPKCS8, SignJWT } from "jose";
import { KitError } from "./errors.ts";
import { substrateFolder } from "./platform/platform-status.ts";

/** `iss` of every local token. */
export const ISSUER = "https://token.kit.local";
/** `aud` of every local token. */
export const AUDIENCE = "order-platform";

/** A signed token. */
export interface AccessToken {
  readonly token: string;
  readonly subject: string;
  /** ISO 8601. */
  readonly expiresAt: string;
}

/**
 * Signs a token for a customer with the issuer's key of the local platform (ES256).
 * @param options - `subject` becomes `sub`; `ttlMs` is its lifetime in milliseconds; `scope`, words separated by blanks,
 * becomes `scope`.
 * @throws KitError `KIT_ISSUER_KEY_MISSING`.
 */
export async function signToken(
  stateDir: string,
  options: { subject: string; ttlMs: number; now: number; scope?: string },
): Promise<AccessToken> {
  const folder = join(substrateFolder(stateDir), "files");
  const [pem, jwks] = await Promise.all([
    readIssuerFile(join(folder, "token-issuer.key")),
    readIssuerFile(join(folder, "jwks.json")),
  ]);
  const issuedAt = Math.floor(options.now / 1000);
  const expiresAt = issuedAt + Math.max(1, Math.round(options.ttlMs / 1000));
  const token = await new SignJWT(options.scope === undefined ? {} : { scope: options.scope })
    .setProtectedHeader({ alg: "ES256", typ: "JWT", kid: firstKeyId(jwks, join(folder, "jwks.json")) })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(options.subject)
    .setIssuedAt(issuedAt)
    .setNotBefore(issuedAt)
    .setExpirationTime(expiresAt)
    .setJti(
      createHash("sha256")
        .update(`${options.subject} ${options.now} ${process.hrtime.bigint()}`)
        .digest("base64url")
        .slice(0, 22),
    )
    .sign(await importPKCS8(pem, "ES256"));
  return { token, subject: options.subject, expiresAt: new Date(expiresAt * 1000).toISOString() };
}

async function readIssuerFile(file: string): Promise<string> {
  return await readFile(file, "utf8").catch((cause: unknown) => {
    throw new KitError("KIT_ISSUER_KEY_MISSING", file, { cause });
  });
}

function firstKeyId(jwks: string, file: string): string {
  const document: unknown = JSON.parse(jwks);
  if (typeof document === "object" && document !== null && "keys" in document && Array.isArray(document.keys)) {
    const [key]: unknown[] = document.keys;
    if (typeof key === "object" && key !== null && "kid" in key && typeof key.kid === "string") return key.kid;
  }
  throw new KitError("KIT_ISSUER_KEY_MISSING", `${file} holds no key with a kid`);
}
