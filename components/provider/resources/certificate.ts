import * as pulumi from "@pulumi/pulumi";

/** The issuer of a leaf: an authority, or its two outputs. */
export interface CertificateIssuer {
  certificatePem: pulumi.Input<string>;
  /** Secret. */
  privateKeyPem: pulumi.Input<string>;
}

/** Arguments of {@link Certificate}. */
export interface CertificateArgs {
  /** `authority`: self-signed, may sign leaf certificates. `leaf`: signed by `issuer`, which is then required. */
  kind: pulumi.Input<"authority" | "leaf">;
  /** The subject is exactly `CN=<commonName>`. */
  commonName: pulumi.Input<string>;
  issuer?: pulumi.Input<CertificateIssuer>;
  dnsNames?: pulumi.Input<pulumi.Input<string>[]>;
  ipAddresses?: pulumi.Input<pulumi.Input<string>[]>;
  /** Extended key usages of a leaf. Default: server and client. */
  usages?: pulumi.Input<pulumi.Input<"server" | "client">[]>;
  /** Validity from now, in hours. A leaf never outlives its issuer. */
  validityHours: pulumi.Input<number>;
  /** Hours before the end from which on the next `up` renews the certificate. */
  renewBeforeHours: pulumi.Input<number>;
}

/**
 * Returns only the two texts, also if a whole authority is given, because the engine would transmit a resource as a
 * mere reference.
 */
function issuerPair(issuer: pulumi.Input<CertificateIssuer>): pulumi.Input<CertificateIssuer> {
  if (pulumi.Output.isInstance(issuer) || issuer instanceof Promise) {
    return pulumi
      .output(issuer)
      .apply((value) =>
        pulumi
          .all([value.certificatePem, value.privateKeyPem])
          .apply(([certificatePem, privateKeyPem]) => ({ certificatePem, privateKeyPem })),
      );
  }
  return { certificatePem: issuer.certificatePem, privateKeyPem: issuer.privateKeyPem };
}

/**
 * An X.509 certificate with its EC P-256 key. A renewed authority keeps its key, so existing leaf certificates stay
 * valid. A renewed leaf gets a new key.
 */
export class Certificate extends pulumi.CustomResource {
  /** PEM. */
  declare readonly certificatePem: pulumi.Output<string>;
  /** PEM chain: the leaf, then its issuer. For an authority, only itself. */
  declare readonly chainPem: pulumi.Output<string>;
  /** PKCS #8 PEM. Secret. */
  declare readonly privateKeyPem: pulumi.Output<string>;
  /** JSON text of the public key as a JWK with `kid` (its RFC 7638 thumbprint), `alg` ES256, `use` sig. */
  declare readonly publicJwk: pulumi.Output<string>;
  /** ISO 8601. */
  declare readonly notAfter: pulumi.Output<string>;

  constructor(name: string, args: CertificateArgs, options?: pulumi.CustomResourceOptions) {
    super(
      "kit:index:Certificate",
      name,
      {
        ...args,
        ...(args.issuer !== undefined && { issuer: issuerPair(args.issuer) }),
        certificatePem: undefined,
        chainPem: undefined,
        privateKeyPem: undefined,
        publicJwk: undefined,
        notAfter: undefined,
      },
      pulumi.mergeOptions({ additionalSecretOutputs: ["privateKeyPem"] }, options ?? {}),
    );
  }
}
