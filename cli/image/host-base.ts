/**
 * A base image made of this machine: the C and C++ libraries that its Node is linked with, the certificates that its Node
 * trusts, and the names of two users. It is for tests and for machines without access to a registry. Its content is as old as
 * this machine's own packages.
 */
import { createHash } from "node:crypto";
import { readFile, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { rootCertificates } from "node:tls";
import { compareText } from "../../components/model/problems/problem.ts";
import { runChecked } from "../../toolchain/making/command.ts";
import type { LayerContent, LayerFile } from "./layer.ts";

/** User and group of the services: components/services/kubernetes/pod-security.ts. */
export const SERVICE_USER = 10_001;

/** A library with the digest of its content. */
export interface BaseLibrary {
  /** Absolute path. */
  readonly path: string;
  readonly sha256: string;
}

/** Content of a base made here. */
export interface HostBase {
  readonly content: LayerContent;
  /** Sorted by path. */
  readonly libraries: readonly BaseLibrary[];
}

/** Older C libraries load these at a name look-up, so no program is linked with them; newer ones contain them. */
const NAME_SERVICES = ["libnss_dns.so.2", "libnss_files.so.2", "libresolv.so.2"];

const text = (path: string, content: string): LayerFile => ({ path, mode: 0o644, content: Buffer.from(content) });

/**
 * @param node - Path of the Node for the image.
 * @throws {Error} when a library that it is linked with is missing; ToolchainError when `ldd` is.
 */
export async function hostBase(node: string): Promise<HostBase> {
  const linked = linkedLibraries((await runChecked("ldd", [node])).stdout);
  const system = linked.find((path) => path.endsWith("/libc.so.6"));
  const candidates = [
    ...linked,
    ...(system === undefined ? [] : NAME_SERVICES.map((name) => join(dirname(system), name))),
  ];
  const contents = await Promise.all(
    candidates.map(async (path) => ({ path, bytes: await readFile(await realpath(path)).catch(() => undefined) })),
  );
  const missing = contents.find(({ path, bytes }) => bytes === undefined && linked.includes(path));
  if (missing !== undefined) throw new Error(`${node} is linked with ${missing.path}, which cannot be read.`);
  const found = contents
    .flatMap(({ path, bytes }) => (bytes === undefined ? [] : [{ path, bytes }]))
    .sort((a, b) => compareText(a.path, b.path));
  return {
    content: {
      files: [
        ...found.map(({ path, bytes }): LayerFile => ({ path: path.slice(1), mode: 0o755, content: bytes })),
        text(
          "etc/passwd",
          `root:x:0:0:root:/root:/sbin/nologin\nservice:x:${SERVICE_USER}:${SERVICE_USER}::/nonexistent:/sbin/nologin\n`,
        ),
        text("etc/group", `root:x:0:\nservice:x:${SERVICE_USER}:\n`),
        text("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"),
        // The authorities that Node contains, so that none of this machine's own gets into an image.
        text("etc/ssl/certs/ca-certificates.crt", `${rootCertificates.join("\n")}\n`),
      ],
      folders: [{ path: "tmp", mode: 0o1777 }],
    },
    libraries: found.map(({ path, bytes }) => ({ path, sha256: createHash("sha256").update(bytes).digest("hex") })),
  };
}

/**
 * Paths of libraries in the output of `ldd`, including the loader.
 * @throws {Error} naming a missing library.
 */
export function linkedLibraries(printed: string): readonly string[] {
  const absent = /^\s*(\S+) => not found/m.exec(printed)?.[1];
  if (absent !== undefined) throw new Error(`This machine's Node is linked with ${absent}, which is not there.`);
  return [...new Set([...printed.matchAll(/(?:^|=>)\s*(\/\S+)\s+\(0x/gm)].flatMap(([, path]) => path ?? []))];
}
