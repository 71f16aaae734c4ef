import { ToolchainError } from "../errors.ts";
import { PINNED } from "../versions.ts";

/** This machine, in the terms of the package registries. */
export interface Platform {
  /** Node's name of the operating system, for example `linux`. */
  os: "linux" | "darwin";
  /** Node's name of the processor architecture. */
  arch: "x64" | "arm64";
}

/**
 * Returns the platform for which tools are prepared.
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

/** Returns the npm package with a complete Node for a platform. */
export function nodePackage(platform: Platform): string {
  return `node-${platform.os}-${platform.arch}`;
}

/**
 * Returns the version of that package. For Apple's processors the registry has no recent one. There, the user has to
 * install Node, and npm's error names the package.
 */
export function nodeVersion(platform: Platform): string {
  return platform.os === "darwin" ? PINNED.nodeDarwin : PINNED.node;
}
