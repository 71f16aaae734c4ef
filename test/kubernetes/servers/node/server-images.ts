/**
 * Images of what runs beside the services in a cluster, made of what this machine has: Redis and the registry are the real
 * ones; Strimzi's operator is a stand-in that is alive and ready, for a test plays its part.
 */
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { hostBase, linkedLibraries } from "../../../../cli/image/host-base.ts";
import { writeLayer } from "../../../../cli/image/layer.ts";
import { nodeLayer } from "../../../../cli/image/node-layer.ts";
import { BLOBS, writeArchive } from "../../../../cli/image/oci-archive.ts";
import { REDIS_IMAGE } from "../../../../components/databases/kubernetes-redis.ts";
import { OPERATOR_IMAGE } from "../../../../components/kafka/strimzi/operator.ts";
import { REGISTRY_IMAGE } from "../../../../components/schemas/kubernetes-registry.ts";
import { runChecked } from "../../../../toolchain/making/command.ts";
import type { ApicurioServer } from "../../../../toolchain/servers/local-servers.ts";
import { locateLocalServers } from "../../../../toolchain/servers/local-servers.ts";
import type { AnyLayer } from "./program-image.ts";
import { writeImage } from "./program-image.ts";

/** A number, so that a pod without a user of its own can be seen not to be root. */
const USER = "1001";
const PLAIN_LAYER = "application/vnd.oci.image.layer.v1.tar";
/** What a JDK has for developers alone. */
const JDK_LEFT_OUT = ["src.zip", "ct.sym"];

const OPERATOR = `
const { createServer } = require("node:http");
const server = createServer((request, response) => response.end("good"));
server.listen(8080);
process.once("SIGTERM", () => process.exit(0));
`;

/** Writes one archive with all of them into a folder. Returns its path. */
export async function writeServerImages(folder: string): Promise<string> {
  const layout = join(folder, "servers-layout");
  const blobs = join(layout, BLOBS);
  await mkdir(blobs, { recursive: true });
  const { redis, apicurio } = await locateLocalServers();
  const [base, node, program, cache, registry] = await Promise.all([
    writeLayer(blobs, (await hostBase(process.execPath)).content),
    nodeLayer(process.execPath, blobs),
    writeLayer(blobs, { files: [{ path: "operator.cjs", mode: 0o644, content: Buffer.from(OPERATOR) }] }),
    writeLayer(blobs, {
      files: [{ path: "usr/local/bin/redis-server", mode: 0o755, content: { source: redis.server } }],
      folders: [{ path: "tmp", mode: 0o1777 }],
    }),
    registryLayer(apicurio, folder, blobs),
  ]);
  const path = "PATH=/usr/local/bin:/usr/bin:/bin";
  const archive = join(folder, "servers.tar");
  await writeArchive(
    layout,
    [
      await writeImage(layout, OPERATOR_IMAGE, { User: USER, Entrypoint: ["/usr/local/bin/node", "/operator.cjs"] }, [
        base,
        node,
        program,
      ]),
      await writeImage(layout, REDIS_IMAGE, { User: USER, Env: [path], Cmd: ["redis-server"] }, [cache]),
      await writeImage(
        layout,
        REGISTRY_IMAGE,
        {
          User: USER,
          Env: [path],
          WorkingDir: inImage(apicurio.workDir),
          Entrypoint: [apicurio.java, ...apicurio.jvmFlags, ...apicurio.command].map(inImage),
        },
        [registry],
      ),
    ],
    archive,
  );
  await rm(layout, { recursive: true });
  return archive;
}

/**
 * Where a file of this machine lies in an image, also amid a flag or a class path. A pod mounts an empty folder at /tmp, which
 * would hide what an image has there; the ahead-of-time cache does not fit another path, and the JVM goes on without it.
 */
function inImage(text: string): string {
  return text.replaceAll(/(?<=^|[=:])\/tmp\//gu, "/opt/tmp/");
}

/**
 * The registry with its Java at the paths that they have here, and with the times of their files: the ahead-of-time cache
 * compares both. Not compressed: it is read once.
 */
async function registryLayer(apicurio: ApicurioServer, folder: string, blobs: string): Promise<AnyLayer> {
  const home = dirname(dirname(apicurio.java));
  const programs = [
    apicurio.java,
    join(home, "lib", "server", "libjvm.so"),
    join(home, "lib", "libnio.so"),
    join(home, "lib", "libzip.so"),
    join(home, "lib", "libmanagement.so"),
  ];
  const printed = await Promise.all(
    programs.map(async (program) => (await runChecked("ldd", [program])).stdout.replaceAll(/^.*=> not found$/gm, "")),
  );
  const libraries = new Set(printed.flatMap(linkedLibraries).filter((library) => !library.startsWith(home)));
  const parts = ["bin", "conf", "lib", "release"].map((part) => join(home, part));
  const caches = apicurio.jvmFlags.flatMap((flag) => /^-XX:AOTCache=(.*)$/.exec(flag)?.[1] ?? []);
  const archive = join(folder, "registry-layer.tar");
  await runChecked("tar", [
    "--create",
    "--file",
    archive,
    "--directory=/",
    "--owner=0",
    "--group=0",
    "--numeric-owner",
    "--dereference",
    "--hard-dereference",
    "--transform=s,^tmp/,opt/tmp/,",
    ...JDK_LEFT_OUT.map((name) => `--exclude=${name}`),
    ...[...libraries, ...parts, apicurio.workDir, ...caches].filter(existsSync).map((file) => file.slice(1)),
  ]);
  const hash = createHash("sha256");
  await pipeline(createReadStream(archive), hash);
  const hex = hash.digest("hex");
  const { size } = await stat(archive);
  await rename(archive, join(blobs, hex));
  return { mediaType: PLAIN_LAYER, digest: `sha256:${hex}`, size, diffId: `sha256:${hex}` };
}
