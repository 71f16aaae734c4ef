/**
 * A server with the S3 API as a managed one is: TLS, credentials, a bucket that exists. It keeps objects as files, so that
 * a test can alter one behind its back.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { S3StoreConfig } from "@event-platform-kit/service/config";
import { freePorts } from "../../../toolchain/training/loopback-port.ts";
import { passwordOf, testAuthorities } from "../../saga/servers/authorities.ts";
import { listening } from "../../saga/servers/child.ts";
import { findS3Server } from "../../toolchain/s3-server.ts";
import { type ServerProcess, startServer } from "./server-process.ts";

export interface S3Server {
  /** What a service is configured with. */
  readonly config: S3StoreConfig;
  /** File that holds an object. */
  fileOf(key: string): string;
  /** Ends the process; its objects stay. */
  goAway(): Promise<void>;
  /** Starts it again on its port. */
  comeBack(): Promise<void>;
  /** Ends it and removes everything. */
  stop(): Promise<void>;
}

const READY_LIMIT_MS = 30_000;
const BUCKET = "claim-checks";

/** Why it can't be started here, for `test.skipIf`; undefined when it can. */
export async function whyNoS3Server(): Promise<string | undefined> {
  return (await findS3Server()) === undefined ? "not built: versitygw (npx kit doctor --fix --kubernetes)" : undefined;
}

/** Starts versitygw on a free port of loopback. */
export async function startS3Server(): Promise<S3Server> {
  const binary = await findS3Server();
  if (binary === undefined) throw new Error("versitygw is not built; run: npx kit doctor --fix --kubernetes");
  const folder = await mkdtemp(join(tmpdir(), "kit-s3-"));
  const objects = join(folder, "objects");
  await mkdir(join(objects, BUCKET), { recursive: true });
  const { serverCertificate, serversPem } = await testAuthorities();
  const certificate = await serverCertificate("s3");
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  await writeFile(cert, certificate.chainPem);
  await writeFile(key, certificate.privateKeyPem, { mode: 0o600 });
  const [port = 0] = await freePorts(1);
  const credentials = { accessKeyId: "order-service", secretAccessKey: passwordOf("order-service") };
  let server: ServerProcess | undefined;

  async function comeBack(): Promise<void> {
    // Without extended attributes it runs on any file system: what it knows of an object stands in files beside it.
    server = startServer(
      "versitygw",
      [
        binary ?? "",
        "--port",
        `127.0.0.1:${port}`,
        "--cert",
        cert,
        "--key",
        key,
        "--quiet",
        "posix",
        "--sidecar",
        join(folder, "attributes"),
        objects,
      ],
      {
        folder,
        env: { ROOT_ACCESS_KEY_ID: credentials.accessKeyId, ROOT_SECRET_ACCESS_KEY: credentials.secretAccessKey },
      },
    );
    await listening("versitygw", port, server.child, READY_LIMIT_MS, () => `see ${folder}/versitygw.log`);
  }

  await mkdir(join(folder, "attributes"));
  await comeBack();
  return {
    config: {
      endpoint: `https://127.0.0.1:${port}`,
      region: "us-east-1",
      bucket: BUCKET,
      ...credentials,
      ca: serversPem,
    },
    fileOf: (object) => join(objects, BUCKET, object),
    goAway: async () => server?.stop(),
    comeBack,
    async stop() {
      await server?.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
