/** Bearer tokens: ES256 only, checked against a local key set that is read again when its file changes. */
import { readFileSync, statSync } from "node:fs";
import type { JSONWebKeySet, JWTPayload } from "jose";
import { createLocalJWKSet, errors, jwtVerify } from "jose";
import type { Clock } from "../clock.ts";
import { systemClock } from "../clock.ts";
import type { TokenConfig } from "../config.ts";
import { messageOf } from "../errors.ts";
import { Problem } from "./problem.ts";

/** The sender of a request. */
export interface Subject {
  /** The customer's id. */
  readonly id: string;
  /** What the token allows beyond the subject's own resources: the words of its claim `scope` (RFC 8693). */
  readonly scopes: ReadonlySet<string>;
}

/** Checks an Authorization header; throws the problem `unauthenticated`, which never reveals more than the client may know. */
export interface TokenVerifier {
  (authorization: string | undefined): Promise<Subject>;
  /**
   * Returns the subject of a token that was checked before and is still valid; undefined if it must be checked. Costs
   * no signature check.
   */
  known(authorization: string | undefined): Subject | undefined;
}

/** How long a check of the key file is valid, in milliseconds. */
const LOOK_AGAIN_MS = 1_000;
/** Tolerated difference of the issuer's clock, in seconds. */
const CLOCK_TOLERANCE_SECONDS = 5;
/** Default for the longest lifetime of a token, in seconds: a day. A token cannot be revoked. */
const LONGEST_LIFE_SECONDS = 86_400;
/** Most checked tokens that are cached; the oldest are removed first. */
const MOST_KNOWN = 5_000;
/** Subjects appear in rows, events and logs, so their characters are restricted. */
const SUBJECT = /^[\w.@:|-]{1,128}$/u;
/**
 * Allowed values of the header `typ`: none, a token, or an access token (RFC 9068). Other kinds (logout tokens, DPoP
 * proofs) are signed with the same key.
 */
const ACCESS_TOKEN = /^(?:application\/)?(?:at\+)?jwt$/iu;

/** A checked token, and the end of its validity, in milliseconds since the epoch. */
interface Checked {
  readonly subject: Subject;
  readonly until: number;
}

export function tokenVerifier(config: TokenConfig, clock: Clock = systemClock): TokenVerifier {
  let keys: ReturnType<typeof createLocalJWKSet> | undefined;
  let stamp = "";
  let lookedAt = 0;
  /** Contains only tokens checked with the current keys. */
  const checked = new Map<string, Checked>();

  function currentKeys(): ReturnType<typeof createLocalJWKSet> {
    if (keys === undefined || clock() - lookedAt > LOOK_AGAIN_MS) {
      lookedAt = clock();
      try {
        const { mtimeMs, size, ino } = statSync(config.jwksFile);
        const seen = `${mtimeMs} ${size} ${ino}`;
        if (seen !== stamp) {
          keys = createLocalJWKSet(JSON.parse(readFileSync(config.jwksFile, "utf8")) as JSONWebKeySet);
          stamp = seen;
          checked.clear();
        }
      } catch (error) {
        // A key file that is being replaced must not lock everyone out: the last valid key set stays in use.
        if (keys === undefined)
          throw new Problem("unavailable", `The token keys cannot be read: ${messageOf(error)}`, { retryAfter: 1 });
      }
    }
    if (keys === undefined) throw new Problem("unavailable", "There are no token keys yet.", { retryAfter: 1 });
    return keys;
  }

  async function check(token: string): Promise<Subject> {
    const checkedWith = currentKeys();
    const now = clock();
    const { payload, protectedHeader } = await jwtVerify(token, checkedWith, {
      algorithms: ["ES256"],
      issuer: config.issuer,
      audience: config.audience,
      requiredClaims: ["sub", "exp"],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(now),
    });
    if (protectedHeader.typ !== undefined && !ACCESS_TOKEN.test(protectedHeader.typ))
      throw new Problem("unauthenticated", "The token is not an access token.");
    const subject = subjectOf(payload, now / 1_000, config.longestLifeSeconds ?? LONGEST_LIFE_SECONDS);
    // The keys may have changed meanwhile: then the result of the old keys is not cached.
    if (checkedWith === keys) {
      if (checked.size >= MOST_KNOWN) checked.delete(checked.keys().next().value ?? "");
      checked.set(token, { subject, until: ((payload.exp ?? 0) + CLOCK_TOLERANCE_SECONDS) * 1_000 });
    }
    return subject;
  }

  async function verify(authorization: string | undefined): Promise<Subject> {
    const token = tokenOf(authorization);
    if (token === undefined) throw new Problem("unauthenticated", "Send Authorization: Bearer <token>.");
    try {
      return known(authorization) ?? (await check(token));
    } catch (error) {
      if (error instanceof Problem) throw error;
      const expired = error instanceof errors.JWTExpired;
      throw new Problem("unauthenticated", expired ? "The token has expired." : "The token is not valid.");
    }
  }

  function known(authorization: string | undefined): Subject | undefined {
    const token = tokenOf(authorization);
    if (token === undefined) return undefined;
    currentKeys();
    const found = checked.get(token);
    return found === undefined || clock() >= found.until ? undefined : found.subject;
  }

  return Object.assign(verify, { known });
}

function tokenOf(authorization: string | undefined): string | undefined {
  return /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/iu.exec(authorization ?? "")?.[1];
}

/** Checks what the signature and the standard checks leave open; throws the problem `unauthenticated`. */
function subjectOf({ sub, iat, exp = 0, scope }: JWTPayload, nowSeconds: number, longestLife: number): Subject {
  // The types promise a string, but the token may contain anything.
  if (typeof sub !== "string" || !SUBJECT.test(sub))
    throw new Problem("unauthenticated", "The token names no usable subject.");
  if (iat !== undefined && iat > nowSeconds + CLOCK_TOLERANCE_SECONDS)
    throw new Problem("unauthenticated", "The token was issued in the future.");
  if (exp - (iat ?? nowSeconds) > longestLife + CLOCK_TOLERANCE_SECONDS)
    throw new Problem("unauthenticated", `The token lives longer than ${longestLife} s.`);
  return { id: sub, scopes: scopesOf(scope) };
}

/** Throws the problem `forbidden` if the token lacks a scope. */
export function requireScope(subject: Subject, scope: string): void {
  if (!subject.scopes.has(scope)) throw new Problem("forbidden", `The token needs the scope ${scope}.`);
}

function scopesOf(claim: unknown): ReadonlySet<string> {
  return new Set(typeof claim === "string" ? claim.split(" ").filter((word) => word !== "") : []);
}
