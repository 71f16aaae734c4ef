import { ToolchainError } from "../errors.ts";
import { PINNED } from "../versions.ts";

/** This machine, as the package registries name it. */
export interface Platform {
  /** Node's name of the operating system, e.g. `linux`. */
  os: "linux" | "darwin";
  /** Node's name of the processor. */
  arch: "x64" | "arm64";
}

/**
 * The platform the tools are prepared for.
 *
 * @throws ToolchainError UNSUPPORTED_PLATFORM on anything but Linux and macOS on x64 and arm64.
 */
export function currentPlatform(os: string = process.platform, arch: string = process.arch): Platform {
  if ((os === "linux" || os === "darwin") && (arch === "x64" || arch === "arm64")) return { os, arch };
  throw new ToolchainError(
    "UNSUPPORTED_PLATFORM",
    `The one-machine platform does not run on ${os} ${arch}.`,
    "Use Linux or macOS on x64 or arm64 (on Windows: WSL 2).",
  );
}

/** The npm package that holds a whole Node for a platform. */
export function nodePackage(platform: Platform): string {
  return `node-${platform.os}-${platform.arch}`;
}

/**
 * The version of that package to take. Apple's processors have no recent one on the registry: there, Node has to be
 * installed by the user, and the error of npm names the package.
 */
export function nodeVersion(platform: Platform): string {
  return platform.os === "darwin" ? PINNED.nodeDarwin : PINNED.node;
}
