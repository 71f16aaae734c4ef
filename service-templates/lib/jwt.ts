/** Bearer tokens: ES256 only, checked against a local key set that is read again when its file changes. */
import { readFileSync, statSync } from "node:fs";
import type { JSONWebKeySet } from "jose";
import { createLocalJWKSet, errors, jwtVerify } from "jose";
import type { Clock } from "./clock.ts";
import { systemClock } from "./clock.ts";
import type { TokenConfig } from "./config.ts";
import { messageOf } from "./errors.ts";
import { Problem } from "./problem.ts";

/** Who sends the request. */
export interface Subject {
  /** The customer's id. */
  readonly id: string;
  /** What the token allows beyond the subject's own things: the words of its claim `scope` (RFC 8693). */
  readonly scopes: ReadonlySet<string>;
}

/** Checks an Authorization header; throws the problem `unauthenticated`, which never says more than the caller may know. */
export type TokenVerifier = (authorization: string | undefined) => Promise<Subject>;

/** How long a look at the key file holds, in milliseconds. */
const LOOK_AGAIN_MS = 1_000;
const CLOCK_TOLERANCE = "5s";
/** Subjects end up in rows, events and logs. */
const SUBJECT = /^[\w.@:|-]{1,128}$/u;

export function tokenVerifier(config: TokenConfig, clock: Clock = systemClock): TokenVerifier {
  let keys: ReturnType<typeof createLocalJWKSet> | undefined;
  let stamp = "";
  let lookedAt = 0;

  function currentKeys(): ReturnType<typeof createLocalJWKSet> {
    if (keys === undefined || clock() - lookedAt > LOOK_AGAIN_MS) {
      lookedAt = clock();
      try {
        const { mtimeMs, size, ino } = statSync(config.jwksFile);
        const seen = `${mtimeMs} ${size} ${ino}`;
        if (seen !== stamp) {
          keys = createLocalJWKSet(JSON.parse(readFileSync(config.jwksFile, "utf8")) as JSONWebKeySet);
          stamp = seen;
        }
      } catch (error) {
        // A key file that is being replaced must not lock everyone out: the last good set holds.
        if (keys === undefined) throw new Problem("unavailable", `The token keys cannot be read: ${messageOf(error)}`, { retryAfter: 1 });
      }
    }
    if (keys === undefined) throw new Problem("unavailable", "There are no token keys yet.", { retryAfter: 1 });
    return keys;
  }

  return async (authorization) => {
    const match = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/iu.exec(authorization ?? "");
    const token = match?.[1];
    if (token === undefined) throw new Problem("unauthenticated", "Send Authorization: Bearer <token>.");
    try {
      const { payload } = await jwtVerify(token, currentKeys(), {
        algorithms: ["ES256"], issuer: config.issuer, audience: config.audience,
        requiredClaims: ["sub", "exp"], clockTolerance: CLOCK_TOLERANCE, currentDate: new Date(clock()),
      });
      if (payload.sub === undefined || !SUBJECT.test(payload.sub)) throw new Problem("unauthenticated", "The token names no usable subject.");
      return { id: payload.sub, scopes: scopesOf(payload["scope"]) };
    } catch (error) {
      if (error instanceof Problem) throw error;
      const expired = error instanceof errors.JWTExpired;
      throw new Problem("unauthenticated", expired ? "The token has expired." : "The token is not valid.");
    }
  };
}

/** Throws the problem `forbidden` where the token lacks a scope. */
export function requireScope(subject: Subject, scope: string): void {
  if (!subject.scopes.has(scope)) throw new Problem("forbidden", `The token needs the scope ${scope}.`);
}

function scopesOf(claim: unknown): ReadonlySet<string> {
  return new Set(typeof claim === "string" ? claim.split(" ").filter((word) => word !== "") : []);
}
