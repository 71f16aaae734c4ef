import type * as pulumi from "@pulumi/pulumi";
import { KitComponent } from "../component.ts";
import { AUTHORITY_VALIDITY } from "../kafka/authorities.ts";
import { Certificate } from "../provider/resources.ts";

/** `iss` of tokens that the platform's own issuer signs. */
export const TOKEN_ISSUER = "https://token.kit.local";
/** `aud` that the gateway and the services accept. */
export const TOKEN_AUDIENCE = "order-platform";

/**
 * Who signs customers' tokens. Where no identity provider is configured, the kit keeps an ES256 key
 * of its own, so that `kit token` can sign for the platform on one machine.
 */
export class TokenIssuer extends KitComponent {
  readonly issuer = TOKEN_ISSUER;
  readonly audience = TOKEN_AUDIENCE;
  /** JSON Web Key Set with the public key. */
  readonly keySet: pulumi.Output<string>;
  /** The signing key, PEM (secret). */
  readonly privateKey: pulumi.Output<string>;

  constructor(name: string, opts?: pulumi.ComponentResourceOptions) {
    super("services:TokenIssuer", name, opts);
    const key = new Certificate(name, { kind: "authority", commonName: "event-platform tokens", ...AUTHORITY_VALIDITY }, this.child());
    this.privateKey = key.privateKeyPem;
    this.keySet = key.publicJwk.apply((jwk) => `{"keys":[${jwk}]}\n`);
    this.registerOutputs({});
  }
}
