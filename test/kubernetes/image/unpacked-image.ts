import type { ChildProcess } from "node:child_process";
import { execFileSync, spawn } from "node:child_process";
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StoredImage } from "../../../cli/image/oci-archive.ts";
import { BLOBS, MEDIA_TYPES, readImage } from "../../../cli/image/oci-archive.ts";
import { runChecked, runCommand } from "../../../toolchain/making/command.ts";

/** User of the images. */
const USER = 10_001;

/** An image whose layers are unpacked over each other in a folder. */
export interface UnpackedImage {
  readonly image: StoredImage;
  /** Its root. */
  readonly root: string;
  remove(): Promise<void>;
}

/** Start options of a container, as a pod states them. */
export interface ContainerRun {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Folders of files to mount read-only, by their path in the container. */
  readonly files: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Why containers cannot be started here; undefined when they can. */
export async function sandboxMissing(): Promise<string | undefined> {
  if (process.platform !== "linux") return "read-only roots need Linux";
  const { code } = await runCommand("unshare", [...namespaceFlags(), "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).catch(
    () => ({ code: 127 }),
  );
  return code === 0 ? undefined : "mount namespaces are not allowed here (neither root nor a user namespace)";
}

/**
 * Unpacks an image of a layout.
 * @param digest - Of its manifest.
 */
export async function unpackImage(layout: string, digest: string): Promise<UnpackedImage> {
  const folder = await mkdtemp(join(tmpdir(), "kit-unpacked-"));
  const root = join(folder, "root");
  await mkdir(root);
  const image = await readImage(layout, { mediaType: MEDIA_TYPES.manifest, digest, size: 0 });
  for (const layer of image.manifest.layers)
    await runChecked("tar", ["-xzf", join(layout, BLOBS, layer.digest.slice("sha256:".length)), "-C", root]);
  // Pods of another user need access to the parent folder.
  await chmod(folder, 0o755);
  return { image, root, remove: () => rm(folder, { recursive: true, force: true }) };
}

/**
 * Starts a container in an unpacked image: read-only root, the image's user, its own /tmp, and nothing of this machine except
 * the network and /proc. The caller ends it.
 */
export async function startContainer(
  { root, image }: UnpackedImage,
  { command, environment, files }: ContainerRun,
): Promise<ChildProcess> {
  const mounts: string[] = [];
  for (const [path, contents] of Object.entries(files)) {
    const source = await mkdtemp(join(root, "..", "mount-"));
    for (const [name, content] of Object.entries(contents)) {
      const file = join(source, name);
      await mkdir(join(file, ".."), { recursive: true });
      await writeFile(file, content, { mode: 0o400 });
      if (isRoot()) await chown(file, USER, USER);
    }
    await chmod(source, 0o755);
    await mkdir(join(root, path), { recursive: true });
    mounts.push(source, path);
  }
  for (const mountPoint of ["proc", "tmp"]) await mkdir(join(root, mountPoint), { recursive: true });
  const [program = "", ...args] = command;
  const path = image.config.config?.Env?.find((each) => each.startsWith("PATH="))?.slice("PATH=".length) ?? "";
  const script = [
    `mount --bind "$1" "$1"`,
    `mount -t tmpfs tmpfs "$1/tmp"`,
    `mount --rbind /proc "$1/proc"`,
    ...mounts.flatMap((_, index) =>
      index % 2 === 0
        ? [`mount --bind "\${${index + 2}}" "$1\${${index + 3}}"`, `mount -o remount,bind,ro "$1\${${index + 3}}"`]
        : [],
    ),
    `mount -o remount,bind,ro "$1"`,
    `root=$1; shift ${mounts.length + 1}; exec unshare --root="$root" --wd=/app ${isRoot() ? `--setgid ${USER} --setuid ${USER}` : ""} -- "$@"`,
  ].join(" && ");
  // PATH finds the shell and mount outside, and node inside by its full path.
  const inside =
    program === "node" ? join(path.split(":").find((folder) => folder === "/usr/local/bin") ?? "/", "node") : program;
  return spawn("unshare", [...namespaceFlags(), "sh", "-c", script, "sh", root, ...mounts, inside, ...args], {
    env: { PATH: `${path}:${process.env.PATH ?? ""}`, NODE_ENV: "production", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Result of a container: its exit code and all its output. */
export async function endOf(
  child: ChildProcess,
  limitMs: number,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => output.push(chunk.toString()));
  return await new Promise((resolve, reject) => {
    const limit = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`The container did not end within ${limitMs} ms: ${output.join("")}`));
    }, limitMs);
    child.once("close", (code) => {
      clearTimeout(limit);
      resolve({ code, output: output.join("") });
    });
  });
}

/** The bill of materials inside. */
export async function sbomOf({ root }: UnpackedImage): Promise<unknown> {
  return JSON.parse(await readFile(join(root, "app", "sbom.cdx.json"), "utf8"));
}

/**
 * Files of an unpacked image that belong to another user, are writable for others, or run as another user than the one that
 * starts them.
 */
export function unfitFiles({ root }: UnpackedImage): readonly string[] {
  const found = execFileSync(
    "find",
    [
      root,
      "(",
      "-perm",
      "/6000",
      "-o",
      "-perm",
      "-o=w",
      "-not",
      "-type",
      "l",
      "-not",
      "-path",
      join(root, "tmp"),
      ...(isRoot() ? ["-o", "-not", "-uid", "0"] : []),
      ")",
      "-print",
    ],
    { encoding: "utf8" },
  );
  return found.split("\n").filter((line) => line !== "");
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function namespaceFlags(): readonly string[] {
  return isRoot()
    ? ["--mount", "--propagation", "private"]
    : ["--map-root-user", "--mount", "--propagation", "private"];
}
