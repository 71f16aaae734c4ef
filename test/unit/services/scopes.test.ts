import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addressSetting } from "@event-platform-kit/service/config";
import type { TokenVerifier } from "@event-platform-kit/service/http/jwt";
import { requireScope, tokenVerifier } from "@event-platform-kit/service/http/jwt";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const CLAIMS = { issuer: "https://token.test", audience: "test" };

describe("scopes of a token", () => {
  const folder = mkdtempSync(join(tmpdir(), "scopes-"));
  let verify: TokenVerifier;
  let sign: (scope: unknown) => Promise<string>;
  beforeAll(async () => {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const jwksFile = join(folder, "jwks.json");
    writeFileSync(
      jwksFile,
      JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: "k", alg: "ES256", use: "sig" }] }),
    );
    verify = tokenVerifier({ ...CLAIMS, jwksFile });
    sign = (scope) =>
      new SignJWT(scope === undefined ? {} : { scope })
        .setProtectedHeader({ alg: "ES256", kid: "k" })
        .setSubject("s")
        .setIssuer(CLAIMS.issuer)
        .setAudience(CLAIMS.audience)
        .setExpirationTime("5m")
        .sign(privateKey);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each<[string, unknown, boolean]>([
    ["the scope alone", "figures:read", true],
    ["the scope among others", "a  figures:read b", true],
    ["no scope", undefined, false],
    ["an empty one", "", false],
    ["one that only begins alike", "figures:reader", false],
    ["a list, which RFC 8693 does not know", ["figures:read"], false],
    ["another case", "Figures:Read", false],
  ])("%s", async (_name, scope, allowed) => {
    const subject = await verify(`Bearer ${await sign(scope)}`);
    const ask = (): void => requireScope(subject, "figures:read");
    if (allowed) expect(ask).not.toThrow();
    else expect(ask).toThrow(/needs the scope figures:read/);
  });
});

describe("an address in the environment", () => {
  it.each<[string | undefined, string | undefined]>([
    [undefined, undefined],
    ["", undefined],
    ["http://127.0.0.1:1/", "http://127.0.0.1:1"],
    ["https://figures.internal", "https://figures.internal"],
  ])("%s", (value, expected) => {
    expect(addressSetting({ FIGURES_URL: value }, "FIGURES_URL")).toBe(expected);
  });
  it.each(["figures", "ftp://figures", "http//figures"])("refuses %s", (value) => {
    expect(() => addressSetting({ FIGURES_URL: value }, "FIGURES_URL")).toThrow(/FIGURES_URL=.*not an http address/);
  });
});
