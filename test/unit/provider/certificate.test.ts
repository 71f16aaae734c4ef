import { createHash, createPrivateKey, createPublicKey, sign, verify, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect, createServer } from "node:tls";
import { describe, expect, test } from "vitest";
import { isDue, makeCertificateKind } from "../../../components/provider/certificates/certificate.ts";
import {
  type CertificateRequest,
  issueCertificate,
} from "../../../components/provider/certificates/certificate-authority.ts";
import { canonicalText, type Values } from "../../../components/provider/values.ts";

const now = new Date("2030-01-01T00:00:00Z");
const hour = 3_600_000;
const authorityRequest: CertificateRequest = {
  kind: "authority",
  commonName: "test authority",
  dnsNames: [],
  ipAddresses: [],
  usages: ["server"],
  validityHours: 1000,
};
const authority = await issueCertificate(authorityRequest, { now });
const leafRequest: CertificateRequest = {
  kind: "leaf",
  issuer: authority,
  commonName: "kafka-node",
  dnsNames: ["localhost", "broker-1"],
  ipAddresses: ["127.0.0.1", "::1"],
  usages: ["server", "client"],
  validityHours: 100,
};

describe("a leaf", () => {
  test("is signed by its authority, names what it was asked to, and ends when it should", async () => {
    const leaf = await issueCertificate(leafRequest, { now });
    const read = new X509Certificate(leaf.certificatePem);
    const issuer = new X509Certificate(authority.certificatePem);
    expect(read.checkIssued(issuer)).toBe(true);
    expect(read.verify(issuer.publicKey)).toBe(true);
    expect(read.subject).toBe("CN=kafka-node");
    expect(read.ca).toBe(false);
    expect(issuer.ca).toBe(true);
    for (const name of ["localhost", "broker-1"]) expect(read.checkHost(name)).toBe(name);
    expect(read.checkHost("elsewhere")).toBeUndefined();
    expect(read.checkIP("127.0.0.1")).toBe("127.0.0.1");
    expect(read.checkIP("10.0.0.1")).toBeUndefined();
    expect(read.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
    expect(leaf.notAfter).toBe(new Date(now.getTime() + 100 * hour).toISOString());
    expect(Date.parse(read.validFrom)).toBeLessThanOrEqual(now.getTime());
    expect(leaf.chainPem).toBe(leaf.certificatePem + authority.certificatePem);
    expect(read.checkPrivateKey(createPrivateKey(leaf.privateKeyPem))).toBe(true);
  });

  test("never outlives its authority", async () => {
    const leaf = await issueCertificate({ ...leafRequest, validityHours: 99_999 }, { now });
    expect(leaf.notAfter).toBe(authority.notAfter);
  });

  test("is trusted by a real TLS server and client, each asking for the other's", async () => {
    const fresh = await issueCertificate(authorityRequest);
    const { chainPem, privateKeyPem } = await issueCertificate({ ...leafRequest, issuer: fresh });
    const secure = { ca: fresh.certificatePem, cert: chainPem, key: privateKeyPem, minVersion: "TLSv1.2" as const };
    const server = createServer({ ...secure, requestCert: true, rejectUnauthorized: true }, (socket) =>
      socket.end(String(socket.getPeerCertificate().subject.CN)),
    );
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      const address = server.address();
      const socket = connect({
        ...secure,
        host: "127.0.0.1",
        servername: "localhost",
        port: address !== null && typeof address === "object" ? address.port : 0,
      });
      const [said] = (await once(socket, "data")) as [Buffer];
      expect(String(said)).toBe("kafka-node");
      expect(socket.authorized).toBe(true);
    } finally {
      server.close();
    }
  });

  test("keeps a name with characters that mean something in names", async () => {
    const { certificatePem } = await issueCertificate({ ...leafRequest, commonName: "a,b=c+d" }, { now });
    expect(new X509Certificate(certificatePem).toLegacyObject().subject.CN).toBe("a,b=c+d");
  });

  test("refuses a key that does not belong to the issuer's certificate", async () => {
    const other = await issueCertificate(authorityRequest, { now });
    await expect(
      issueCertificate(
        { ...leafRequest, issuer: { certificatePem: authority.certificatePem, privateKeyPem: other.privateKeyPem } },
        { now },
      ),
    ).rejects.toMatchObject({ code: "issuer-invalid" });
    await expect(
      issueCertificate({ ...leafRequest, issuer: { certificatePem: "no", privateKeyPem: "no" } }, { now }),
    ).rejects.toMatchObject({ code: "issuer-invalid" });
  });
});

test("the public key as a JWK: its kid is the thumbprint, and it verifies what the private key signs", async () => {
  const { publicJwk, privateKeyPem } = await issueCertificate(leafRequest, { now });
  const jwk = JSON.parse(publicJwk) as Record<string, string>;
  expect(Object.keys(jwk).sort()).toEqual(["alg", "crv", "kid", "kty", "use", "x", "y"]);
  expect(jwk.kid).toBe(
    createHash("sha256").update(`{"crv":"P-256","kty":"EC","x":"${jwk.x}","y":"${jwk.y}"}`).digest("base64url"),
  );
  const data = Buffer.from("token");
  expect(
    verify("sha256", data, createPublicKey({ key: jwk, format: "jwk" }), sign("sha256", data, privateKeyPem)),
  ).toBe(true);
});

describe("renewal", () => {
  const note = (): void => undefined;
  const inputs: Values = {
    kind: "leaf",
    commonName: "kafka-node",
    issuer: { certificatePem: authority.certificatePem, privateKeyPem: authority.privateKeyPem },
    dnsNames: ["localhost"],
    validityHours: 100,
    renewBeforeHours: 10,
  };
  const stateAt = async (time: Date): Promise<Values> => ({
    ...inputs,
    ...(await issueCertificate({ ...leafRequest, dnsNames: ["localhost"] }, { now: time })),
  });

  test("is due from the stated time before the end on", () => {
    expect(isDue("2030-01-01T10:00:00Z", 10, new Date("2029-12-31T23:59:59Z"))).toBe(false);
    expect(isDue("2030-01-01T10:00:00Z", 10, new Date("2030-01-01T00:00:01Z"))).toBe(true);
  });

  test("shows in the diff when it is due, and not before", async () => {
    const state = await stateAt(now);
    const diffAt = (hours: number) =>
      makeCertificateKind(() => new Date(now.getTime() + hours * hour)).diff({
        id: "x",
        olds: inputs,
        news: inputs,
        state,
        note,
      });
    expect((await diffAt(89)).changes).toEqual([]);
    expect((await diffAt(91)).changes).toEqual([{ path: "notAfter", change: "update", side: "output" }]);
  });

  test("is not repeated for a leaf that lasts as long as its authority", async () => {
    const long: Values = { ...inputs, validityHours: 5000, renewBeforeHours: 100 };
    const state: Values = { ...long, ...(await issueCertificate({ ...leafRequest, validityHours: 5000 }, { now })) };
    const kind = makeCertificateKind(() => new Date(now.getTime() + 950 * hour));
    expect((await kind.diff({ id: "x", olds: long, news: long, state, note })).changes).toEqual([]);
  });

  test("of an authority keeps its key, so its leaves stay valid", async () => {
    const renewed = await issueCertificate(authorityRequest, {
      now: new Date(now.getTime() + 900 * hour),
      previousKeyPem: authority.privateKeyPem,
    });
    const leaf = new X509Certificate((await issueCertificate(leafRequest, { now })).certificatePem);
    const issuer = new X509Certificate(renewed.certificatePem);
    expect(renewed.certificatePem).not.toBe(authority.certificatePem);
    expect(leaf.checkIssued(issuer) && leaf.verify(issuer.publicKey)).toBe(true);
  });

  test("does not happen because its time was moved", async () => {
    const state = await stateAt(now);
    const kind = makeCertificateKind(() => now);
    const updated = await kind.update({
      id: "x",
      olds: inputs,
      inputs: { ...inputs, renewBeforeHours: 20 },
      state,
      note,
    });
    expect(updated.certificatePem).toBe(state.certificatePem);
    const renamed = await kind.update({
      id: "x",
      olds: inputs,
      inputs: { ...inputs, commonName: "other" },
      state,
      note,
    });
    expect(canonicalText(renamed)).not.toBe(canonicalText(state));
  });
});

test.each([
  ["issuer", { kind: "leaf", issuer: undefined }],
  ["issuer", { kind: "authority" }],
  ["renewBeforeHours", { renewBeforeHours: 100 }],
  ["ipAddresses[0]", { ipAddresses: ["localhost"] }],
  ["usages", { usages: [] }],
  ["commonName", { commonName: "x".repeat(65) }],
])("a wrong %s is refused on that property", async (property, change) => {
  const base = {
    kind: "leaf",
    commonName: "a",
    issuer: { certificatePem: "c", privateKeyPem: "k" },
    validityHours: 10,
    renewBeforeHours: 1,
  };
  const news = JSON.parse(JSON.stringify({ ...base, ...change })) as Values;
  const failures = await makeCertificateKind().check({ news, olds: undefined, note: () => undefined });
  expect(failures.map((failure) => failure.property)).toEqual([property]);
});
