import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { stackExternals } from "../../../components/kubernetes/externals.ts";
import { parseStackSettings } from "../../../components/model/stack/parse-stack.ts";
import { publicKeySet } from "../../../components/services/token-issuer.ts";
import { kubernetesOf, written } from "./strimzi-input.ts";

const es256 = { kty: "EC", crv: "P-256", kid: "1", x: "x", y: "y" };
const rs256 = { kty: "RSA", kid: "2", n: "n", e: "AQAB" };
const set = (...keys: readonly object[]): string => JSON.stringify({ keys });

describe("an issuer of customers' tokens", () => {
  it("is named with its public keys; the audience has a default", () => {
    expect(
      kubernetesOf({ identity: { issuer: "https://login.example.com/", keysFile: "stacks/identity/prod.json" } })
        .identity,
    ).toEqual({
      issuer: "https://login.example.com/",
      audience: "order-platform",
      keysFile: "stacks/identity/prod.json",
    });
    expect(kubernetesOf().identity).toBeUndefined();
  });

  it.each([
    [
      "without encryption",
      { issuer: "http://login.example.com/", keysFile: "keys.json" },
      /kubernetes\.identity\.issuer/,
    ],
    ["without keys", { issuer: "https://login.example.com/" }, /"keysFile" is missing in kubernetes\.identity/],
  ])("is refused %s", (_what, identity, message) => {
    const reading = parseStackSettings(written({ identity }));
    expect(reading.ok ? "" : reading.problems.map((problem) => problem.message).join("\n")).toMatch(message);
  });

  it("may have several keys, one of them for ES256", () => {
    expect(publicKeySet(set(rs256, es256))).toBe(set(rs256, es256));
  });

  it.each([
    ["no JSON", "-----BEGIN", /is no JSON Web Key Set/],
    ["no key at all", set(), /is no JSON Web Key Set/],
    ["a private key", set({ ...es256, d: "canary" }), /holds a private or shared key/],
    ["a shared key", set({ kty: "oct", k: "canary" }, es256), /holds a private or shared key/],
    ["keys for other algorithms alone", set(rs256), /no key for ES256/],
  ])("is refused with %s, and nothing of it is shown", (_what, text, message) => {
    expect(() => publicKeySet(text)).toThrow(message);
    expect(() => publicKeySet(text)).not.toThrow(/canary/);
  });
});

describe("a file from outside", () => {
  const folder = mkdtempSync(join(tmpdir(), "kit-externals-"));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it("whose content is not what it must be is refused by the setting that names it", () => {
    writeFileSync(join(folder, "keys.json"), "[]");
    const keys = { what: "keys", check: publicKeySet };
    expect(() => stackExternals(folder).file("keys.json", "kubernetes.identity.keysFile", keys)).toThrow(
      'kubernetes.identity.keysFile: keys.json is no JSON Web Key Set; it holds {"keys": [...]} as the issuer\'s jwks_uri gives it.',
    );
    expect(() => stackExternals(folder).file("gone.json", "kubernetes.identity.keysFile", keys)).toThrow(
      "kubernetes.identity.keysFile names gone.json, which is not there; put keys into it.",
    );
  });
});
