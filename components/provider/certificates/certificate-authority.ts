/** Creates X.509 certificates with EC P-256 keys. The caller injects clock and randomness. */
import { createHash, createPublicKey, X509Certificate as ReadCertificate, webcrypto } from "node:crypto";
// @peculiar/x509 uses decorator metadata, so the metadata library must be loaded first.
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { reasonOf } from "../../machine/coded-error.ts";
import { providerError } from "../errors.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const hour = 3_600_000;
/** Tolerance in ms for the clocks of other machines, which may be slightly behind. */
const skew = 5 * 60_000;

/** Contents of a requested certificate. */
export interface CertificateRequest {
  readonly kind: "authority" | "leaf";
  readonly commonName: string;
  readonly issuer?: { readonly certificatePem: string; readonly privateKeyPem: string };
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly usages: readonly ("server" | "client")[];
  readonly validityHours: number;
}

/** A certificate with its key. */
export interface IssuedCertificate {
  readonly certificatePem: string;
  readonly chainPem: string;
  readonly privateKeyPem: string;
  readonly publicJwk: string;
  readonly notAfter: string;
}

function pem(label: string, der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

function derOf(text: string): Buffer {
  return Buffer.from(text.replace(/-----[^-]+-----/g, "").replace(/\s+/g, ""), "base64");
}

async function readKey(privateKeyPem: string): Promise<webcrypto.CryptoKeyPair> {
  const privateKey = await webcrypto.subtle.importKey("pkcs8", derOf(privateKeyPem), algorithm, true, ["sign"]);
  const { d: _private, key_ops: _operations, ...jwk } = await webcrypto.subtle.exportKey("jwk", privateKey);
  return { privateKey, publicKey: await webcrypto.subtle.importKey("jwk", jwk, algorithm, true, ["verify"]) };
}

/** Returns the public key of a certificate as a JWK for ES256. `kid` is its thumbprint (RFC 7638). */
export function publicJwkOf(certificatePem: string): string {
  const { kty, crv, x, y } = createPublicKey(certificatePem).export({ format: "jwk" });
  const kid = createHash("sha256").update(JSON.stringify({ crv, kty, x, y })).digest("base64url");
  return JSON.stringify({ kty, crv, x, y, kid, alg: "ES256", use: "sig" });
}

/** Escapes the characters that have a meaning in a distinguished name (RFC 4514). */
function escapedName(text: string): string {
  return text.replace(/[\\,+"<>;=#]/g, "\\$&").replace(/^ | $/g, "\\ ");
}

/**
 * Creates a certificate.
 * @param previousKeyPem - Key of the authority that is renewed. A renewed authority keeps its key, so its leaf
 * certificates stay valid.
 * @throws `issuer-missing`, `issuer-invalid`
 */
export async function issueCertificate(
  request: CertificateRequest,
  options: { now?: Date; previousKeyPem?: string; serial?: Uint8Array } = {},
): Promise<IssuedCertificate> {
  x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);
  const now = options.now ?? new Date();
  const keys =
    options.previousKeyPem === undefined
      ? await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])
      : await readKey(options.previousKeyPem);
  const isAuthority = request.kind === "authority";
  if (!isAuthority && request.issuer === undefined) throw providerError("issuer-missing", { name: request.commonName });

  let signer = keys;
  let issuer: x509.X509Certificate | undefined;
  if (!isAuthority && request.issuer !== undefined) {
    try {
      issuer = new x509.X509Certificate(request.issuer.certificatePem);
      signer = await readKey(request.issuer.privateKeyPem);
      const own = Buffer.from(await webcrypto.subtle.exportKey("spki", signer.publicKey));
      if (!own.equals(Buffer.from(issuer.publicKey.rawData)))
        throw new Error("the key does not belong to the certificate");
    } catch (error) {
      throw providerError("issuer-invalid", { name: request.commonName, reason: reasonOf(error) }, error);
    }
  }
  const wanted = now.getTime() + request.validityHours * hour;
  const notAfter = new Date(Math.min(wanted, issuer?.notAfter.getTime() ?? wanted));
  const names: x509.JsonGeneralNames = [
    ...request.dnsNames.map((value) => ({ type: "dns" as const, value })),
    ...request.ipAddresses.map((value) => ({ type: "ip" as const, value })),
  ];
  const extensions: x509.Extension[] = [
    new x509.BasicConstraintsExtension(isAuthority, isAuthority ? 0 : undefined, true),
    new x509.KeyUsagesExtension(
      isAuthority ? x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign : x509.KeyUsageFlags.digitalSignature,
      true,
    ),
    await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    await x509.AuthorityKeyIdentifierExtension.create(signer.publicKey),
  ];
  if (!isAuthority) {
    extensions.push(
      new x509.ExtendedKeyUsageExtension(
        request.usages.map((usage) =>
          usage === "server" ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth,
        ),
      ),
    );
  }
  if (names.length > 0) extensions.push(new x509.SubjectAlternativeNameExtension(names));

  const serial = Buffer.from(options.serial ?? webcrypto.getRandomValues(new Uint8Array(16)));
  // The serial number is positive and has its full length (RFC 5280, 4.1.2.2).
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const subject = `CN=${escapedName(request.commonName)}`;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial.toString("hex"),
    subject,
    issuer: issuer?.subject ?? subject,
    notBefore: new Date(now.getTime() - skew),
    notAfter,
    signingAlgorithm: algorithm,
    signingKey: signer.privateKey,
    publicKey: keys.publicKey,
    extensions,
  });
  const certificatePem = pem("CERTIFICATE", certificate.rawData);
  return {
    certificatePem,
    chainPem: isAuthority ? certificatePem : `${certificatePem}${request.issuer?.certificatePem.trimEnd() ?? ""}\n`,
    privateKeyPem: pem("PRIVATE KEY", await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)),
    publicJwk: publicJwkOf(certificatePem),
    notAfter: new Date(new ReadCertificate(certificatePem).validTo).toISOString(),
  };
}
