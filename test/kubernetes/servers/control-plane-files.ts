import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { issueCertificate } from "../../../components/provider/certificates/certificate-authority.ts";

/** Who may talk to the API server, each with a token and a kubeconfig of its own. */
export const CONTROL_PLANE_USERS = {
  admin: { name: "admin", groups: ["system:masters"] },
  "kube-controller-manager": { name: "system:kube-controller-manager", groups: [] },
  "kube-scheduler": { name: "system:kube-scheduler", groups: [] },
  "kube-proxy": { name: "system:kube-proxy", groups: [] },
  kubelet: { name: "system:node:node1", groups: ["system:nodes"] },
} as const;

/** One of {@link CONTROL_PLANE_USERS}. */
export type ControlPlaneUser = keyof typeof CONTROL_PLANE_USERS;

/** Certificates, keys, tokens and kubeconfigs of one control plane, all below its folder and readable by the owner. */
export interface ControlPlaneFiles {
  readonly folder: string;
  /** The authority's certificate, PEM text. */
  readonly ca: string;
  readonly caFile: string;
  readonly certificateFile: string;
  readonly keyFile: string;
  /** The API server's own certificate for talking to kubelets. */
  readonly kubeletClientCertificateFile: string;
  readonly kubeletClientKeyFile: string;
  readonly serviceAccountKeyFile: string;
  readonly serviceAccountPublicKeyFile: string;
  readonly tokensFile: string;
  kubeconfig(user: ControlPlaneUser): string;
  token(user: ControlPlaneUser): string;
}

const VALIDITY_HOURS = 48;

/** Makes the files for an API server at a URL; its certificate is good for these addresses. */
export async function writeControlPlaneFiles(
  folder: string,
  server: { readonly url: string; readonly ipAddresses: readonly string[]; readonly dnsNames: readonly string[] },
): Promise<ControlPlaneFiles> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const write = async (name: string, content: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, content, { mode: 0o600 });
    return path;
  };
  const none = { dnsNames: [], ipAddresses: [], validityHours: VALIDITY_HOURS };
  const authority = await issueCertificate({ kind: "authority", commonName: "kubernetes", usages: [], ...none });
  const issuer = { certificatePem: authority.certificatePem, privateKeyPem: authority.privateKeyPem };
  const serving = await issueCertificate({
    kind: "leaf",
    commonName: "kube-apiserver",
    issuer,
    usages: ["server"],
    validityHours: VALIDITY_HOURS,
    ipAddresses: server.ipAddresses,
    dnsNames: server.dnsNames,
  });
  const kubeletClient = await issueCertificate({
    kind: "leaf",
    commonName: "apiserver-kubelet-client",
    issuer,
    usages: ["client"],
    ...none,
  });
  const serviceAccounts = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  const users = Object.entries(CONTROL_PLANE_USERS).map(([key, user]) => ({
    key,
    ...user,
    token: randomBytes(24).toString("base64url"),
  }));
  const caFile = await write("ca.crt", authority.certificatePem);
  const files: ControlPlaneFiles = {
    folder,
    ca: authority.certificatePem,
    caFile,
    certificateFile: await write("apiserver.crt", serving.certificatePem),
    keyFile: await write("apiserver.key", serving.privateKeyPem),
    kubeletClientCertificateFile: await write("kubelet-client.crt", kubeletClient.certificatePem),
    kubeletClientKeyFile: await write("kubelet-client.key", kubeletClient.privateKeyPem),
    serviceAccountKeyFile: await write("service-accounts.key", serviceAccounts.privateKey),
    serviceAccountPublicKeyFile: await write("service-accounts.pub", serviceAccounts.publicKey),
    // token,user,uid,"group,group"
    tokensFile: await write(
      "tokens.csv",
      users
        .map(({ key, name, groups, token }) =>
          [token, name, key, ...(groups.length === 0 ? [] : [`"${groups.join(",")}"`])].join(","),
        )
        .join("\n"),
    ),
    kubeconfig: (user) => join(folder, `${user}.kubeconfig`),
    token: (user) => {
      const found = users.find(({ key }) => key === user);
      if (found === undefined) throw new Error(`There is no user ${user}.`);
      return found.token;
    },
  };
  for (const { key, token } of users) await write(`${key}.kubeconfig`, kubeconfigText(server.url, caFile, token));
  return files;
}

/** JSON is YAML. */
function kubeconfigText(url: string, caFile: string, token: string): string {
  return JSON.stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "test", cluster: { server: url, "certificate-authority": caFile } }],
      users: [{ name: "test", user: { token } }],
      contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
      "current-context": "test",
    },
    undefined,
    2,
  );
}
