/**
 * The two authorities of a test's servers, as on a platform: one signs servers, the other the administrator. Made once per
 * process.
 */
import { ADMIN_PRINCIPAL } from "../../../components/certificates/admin-identity.ts";
import type { IssuedCertificate } from "../../../components/provider/certificates/certificate-authority.ts";
import { issueCertificate } from "../../../components/provider/certificates/certificate-authority.ts";

export interface TestAuthorities {
  /** PEM of the authority that signs servers: what clients trust. */
  readonly serversPem: string;
  /** PEM of the authority that signs clients. */
  readonly clientsPem: string;
  /** The administrator's certificate and key, PEM. */
  readonly admin: { readonly cert: string; readonly key: string };
  /** A certificate for a server on loopback. */
  serverCertificate(commonName: string, usages?: readonly ("server" | "client")[]): Promise<IssuedCertificate>;
}

const VALIDITY = { validityHours: 24 } as const;
const NO_NAMES = { dnsNames: [], ipAddresses: [] } as const;
let made: Promise<TestAuthorities> | undefined;

export function testAuthorities(): Promise<TestAuthorities> {
  made ??= makeAuthorities();
  return made;
}

async function makeAuthorities(): Promise<TestAuthorities> {
  const authority = (signs: string): Promise<IssuedCertificate> =>
    issueCertificate({
      kind: "authority",
      commonName: `test ${signs}`,
      usages: ["server", "client"],
      ...NO_NAMES,
      ...VALIDITY,
    });
  const [servers, clients] = await Promise.all([authority("servers"), authority("clients")]);
  const admin = await issueCertificate({
    kind: "leaf",
    commonName: ADMIN_PRINCIPAL,
    issuer: clients,
    usages: ["client"],
    ...NO_NAMES,
    ...VALIDITY,
  });
  return {
    serversPem: servers.certificatePem,
    clientsPem: clients.certificatePem,
    admin: { cert: admin.chainPem, key: admin.privateKeyPem },
    serverCertificate: (commonName, usages = ["server"]) =>
      issueCertificate({
        kind: "leaf",
        commonName,
        issuer: servers,
        usages,
        dnsNames: ["localhost"],
        ipAddresses: ["127.0.0.1"],
        ...VALIDITY,
      }),
  };
}

/** The password of a test's user: each user has a different one, so that a login as another user fails. */
export function passwordOf(user: string): string {
  return `${user}-test-only`;
}
