import type * as pulumi from "@pulumi/pulumi";
import * as z from "zod";
import { AUTHORITY_VALIDITY } from "../certificates/authorities.ts";
import { KitComponent } from "../component.ts";
import { parsedJson } from "../model/values/json.ts";
import { Certificate } from "../provider/resources.ts";

/** `iss` of tokens from the platform's own issuer. */
export const TOKEN_ISSUER = "https://token.kit.local";
/** `aud` that the gateway and the services accept. */
export const TOKEN_AUDIENCE = "order-platform";

/** Issuer of the tokens that the gateway and the services accept. */
export interface TokenKeys {
  /** `iss`. */
  readonly issuer: string;
  /** `aud`. */
  readonly audience: string;
  /** JSON Web Key Set with the public keys. */
  readonly keySet: pulumi.Output<string>;
}

const keySets = z.looseObject({
  keys: z
    .array(
      z.looseObject({
        kty: z.string(),
        crv: z.string().optional(),
        d: z.unknown().optional(),
        k: z.unknown().optional(),
      }),
    )
    .min(1),
});

/**
 * Checks a JSON Web Key Set that services will trust: it may hold only public keys, and one of them must be for ES256,
 * the algorithm that the services accept.
 * @throws {Error} that says what is wrong with it, but never what it contains.
 */
export function publicKeySet(text: string): string {
  const read = keySets.safeParse(parsedJson(text));
  if (!read.success)
    throw new Error('is no JSON Web Key Set; it holds {"keys": [...]} as the issuer\'s jwks_uri gives it');
  const { keys } = read.data;
  if (keys.some(({ d, k }) => d !== undefined || k !== undefined))
    throw new Error(
      "holds a private or shared key; take the public set, as the issuer's jwks_uri gives it, and replace that key: it has been in a file",
    );
  if (!keys.some(({ kty, crv }) => kty === "EC" && crv === "P-256"))
    throw new Error(
      "holds no key for ES256 (EC, P-256), the one algorithm that services accept; let the issuer sign with it",
    );
  return text;
}

/**
 * The signer of customers' tokens. If no identity provider is configured, the kit creates its own ES256 key, with which
 * `kit token` signs for the platform on one machine.
 */
export class TokenIssuer extends KitComponent implements TokenKeys {
  readonly issuer = TOKEN_ISSUER;
  readonly audience = TOKEN_AUDIENCE;
  /** JSON Web Key Set with the public key. */
  readonly keySet: pulumi.Output<string>;
  /** The signing key, PEM. Secret. */
  readonly privateKey: pulumi.Output<string>;

  constructor(name: string, opts?: pulumi.ComponentResourceOptions) {
    super("services:TokenIssuer", name, opts);
    const key = new Certificate(
      name,
      { kind: "authority", commonName: "event-platform tokens", ...AUTHORITY_VALIDITY },
      this.child(),
    );
    this.privateKey = key.privateKeyPem;
    this.keySet = key.publicJwk.apply((jwk) => `{"keys":[${jwk}]}\n`);
    this.registerOutputs({});
  }
}
