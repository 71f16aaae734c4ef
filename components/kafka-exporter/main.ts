/**
 * The exporter: `node main.ts <settings.json>` serves lag, offsets, sizes of log directories and certificates of the
 * local cluster to Prometheus. It uses the names of Kafka Exporter, which does the same on Kubernetes. It logs in as
 * the read-only principal of `kit drift`.
 */
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { Admin } from "@platformatic/kafka";
import type { CertificateFigures } from "./cluster-figures.ts";
import { exposition } from "./cluster-figures.ts";
import { collection } from "./collection.ts";
import { readCluster } from "./read-cluster.ts";
import type { ExporterSettings } from "./settings.ts";
import { readSettings } from "./settings.ts";

async function main(file: string): Promise<void> {
  const settings = readSettings(file);
  const stopping = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stopping.abort());
  const collected = collection({
    collect: () => collect(settings),
    now: () => performance.now(),
    onChange: (failure) =>
      console.log(failure === undefined ? "the cluster is read" : `the cluster cannot be read: ${failure}`),
  });
  const server = createServer((request, response) => {
    if (request.url !== "/metrics") {
      response.writeHead(404).end();
      return;
    }
    const current = collected.current();
    if ("text" in current)
      response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(current.text);
    else response.writeHead(503, { "content-type": "text/plain; charset=utf-8" }).end(`${current.failure}\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(settings.listen.port, settings.listen.host, resolve);
  });
  console.log(`showing metrics at ${settings.listen.host}:${settings.listen.port}`);
  await collected.run(stopping.signal);
  server.close();
  server.closeAllConnections();
}

async function collect(settings: ExporterSettings): Promise<string> {
  const [ca, password] = await Promise.all([
    readFile(settings.caFile, "utf8"),
    readFile(settings.passwordFile, "utf8"),
  ]);
  // Each collection has its own client, because a permanent one would keep connections to every broker for a few
  // requests a minute.
  const admin = new Admin({
    clientId: "kit-exporter",
    bootstrapBrokers: [...settings.brokers],
    tls: { ca, rejectUnauthorized: true },
    sasl: { mechanism: "SCRAM-SHA-512", username: settings.username, password: password.trim() },
    retries: 1,
    connectTimeout: 3_000,
    requestTimeout: 8_000,
  });
  try {
    const [figures, certificates] = await Promise.all([
      readCluster(admin, new RegExp(settings.unwatchedGroups)),
      readCertificates(settings.certificates),
    ]);
    return exposition(figures, certificates, (broker) => settings.nodes[broker] ?? String(broker));
  } finally {
    await admin.close().catch(() => undefined);
  }
}

async function readCertificates(files: Readonly<Record<string, string>>): Promise<readonly CertificateFigures[]> {
  return await Promise.all(
    Object.entries(files).map(async ([name, path]) => {
      const certificate = new X509Certificate(firstCertificate(await readFile(path, "utf8"), path));
      return { name, notAfter: Math.floor(certificate.validToDate.getTime() / 1_000) };
    }),
  );
}

/** Returns the first certificate of a file, which may hold the key before it, and the issuer's certificate after it. */
function firstCertificate(pem: string, path: string): string {
  const found = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(pem)?.[0];
  if (found === undefined) throw new Error(`${path} holds no certificate`);
  return found;
}

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error("usage: node main.ts <settings.json>");
  process.exitCode = 2;
} else await main(file);
