import { createHash } from "node:crypto";
import { cp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ToolchainError } from "../errors.ts";
import { MINIMUM } from "../versions.ts";
import { runChecked } from "./command.ts";
import { findOnPath, isExecutable } from "./probe.ts";
import { isAtLeast, parseVersion } from "./versioning.ts";

/** An installed Go. */
export interface Go {
  binary: string;
  version: string;
}

/** One binary of a wrapper module: a Go module of this project that pins what it builds. */
export interface GoBuild {
  /** Folder of the wrapper module. */
  wrapper: string;
  /** Package to build, `.` for the module's own. */
  package: string;
  /** `-X` settings of the linker: values by the import path of a string variable. */
  variables?: Record<string, string>;
  /** Build tags besides the common ones. */
  tags?: readonly string[];
  /**
   * Files that are too large for the repository. They are copied from a required module into the sources before the
   * build.
   */
  embed?: EmbeddedFiles;
}

/** Files of a required module that a wrapper embeds. */
export interface EmbeddedFiles {
  /** Import path of the module. */
  module: string;
  /** Folder in the module. */
  folder: string;
  files: readonly string[];
  /** Transforms the text of a file during the copy, for example sets the version in a schema. */
  transform?: (file: string, text: string) => string;
}

/**
 * Timeout of a build. A build in the background gets only idle CPU time: on two busy cores the Kubernetes plugin took
 * over 25 minutes.
 */
const BUILD_LIMIT_MS = 60 * 60_000;
/** The committed go.sum holds the checksum of everything that is fetched, so the checksum database is not needed. */
const ENVIRONMENT = { GOTOOLCHAIN: "local", CGO_ENABLED: "0", GOFLAGS: "-mod=readonly -buildvcs=false", GOWORK: "off" };
const TAGS = "osusergo,grpcnotrace";

/** Folder of the wrapper modules of the programs that users run. */
export const WRAPPERS = join(import.meta.dirname, "..", "go");

/** Returns the recent enough Go on the search path, or in its usual folder; undefined if there is none. */
export async function findGo(minimum: string = MINIMUM.go): Promise<Go | undefined> {
  const candidates = [await findOnPath("go"), "/usr/local/go/bin/go", "/opt/homebrew/bin/go"];
  for (const binary of candidates) {
    if (binary === undefined || !(await isExecutable(binary))) continue;
    const version = await goVersion(binary);
    if (version !== undefined && isAtLeast(version, minimum)) return { binary, version };
  }
  return undefined;
}

/**
 * Returns the version of a Go distribution from its file, which is faster than starting the command; undefined if there
 * is no such file.
 */
async function goVersion(binary: string): Promise<string | undefined> {
  try {
    return parseVersion(await readFile(join(dirname(dirname(await realpath(binary))), "VERSION"), "utf8"));
  } catch {
    return undefined;
  }
}

function tagsOf({ tags = [] }: GoBuild): string {
  return [TAGS, ...tags].join(",");
}

/** Returns the inputs of a build for its key: the wrapper's files, the flags, Go and the platform. */
export async function goBuildInputs(build: GoBuild, go: Go): Promise<Record<string, string>> {
  return {
    sources: await hashFolder(build.wrapper),
    package: build.package,
    variables: JSON.stringify(build.variables ?? {}),
    tags: tagsOf(build),
    go: go.version,
    platform: `${process.platform}-${process.arch}`,
  };
}

/**
 * Builds one binary of a wrapper module. It uses the user's Go caches, so a second build is fast.
 *
 * @throws ToolchainError COMMAND_FAILED with the compiler's last lines, COMMAND_TIMED_OUT after an hour.
 */
export async function buildGo(build: GoBuild, go: Go, output: string, onLine: (line: string) => void): Promise<void> {
  const variables = Object.entries(build.variables ?? {}).map(([name, value]) => `-X ${name}=${value}`);
  const wrapper = build.wrapper;
  const scratch = build.embed === undefined ? undefined : `${output}.sources`;
  try {
    if (scratch !== undefined) {
      await cp(wrapper, scratch, { recursive: true });
      if (build.embed !== undefined) await embedFiles(wrapper, scratch, build.embed, go, onLine);
    }
    await runChecked(
      go.binary,
      [
        "build",
        "-trimpath",
        "-tags",
        tagsOf(build),
        "-ldflags",
        ["-s", "-w", ...variables].join(" "),
        "-v",
        "-o",
        output,
        build.package,
      ],
      { cwd: scratch ?? wrapper, env: ENVIRONMENT, timeoutMs: BUILD_LIMIT_MS, onLine },
    );
  } finally {
    if (scratch !== undefined) await rm(scratch, { recursive: true, force: true });
  }
}

/** Returns the folder of a module that a wrapper requires, and fetches the module if it is missing. */
export async function moduleFolder(wrapper: string, module: string, go: Go): Promise<string> {
  await runChecked(go.binary, ["mod", "download", module], { cwd: wrapper, env: ENVIRONMENT });
  const listed = await runChecked(go.binary, ["list", "-m", "-f", "{{.Dir}}", module], {
    cwd: wrapper,
    env: ENVIRONMENT,
  });
  return listed.stdout.trim();
}

/**
 * Fetches a module that no wrapper requires into Go's own cache. The caller knows its checksum, so the checksum
 * database is not asked.
 *
 * @param cwd - Any folder outside a module.
 * @returns Folder of the module, and the checksum of its archive (`h1:…`).
 */
export async function downloadModule(
  module: string,
  version: string,
  cwd: string,
  go: Go,
): Promise<{ dir: string; sum: string }> {
  const { stdout } = await runChecked(go.binary, ["mod", "download", "-json", `${module}@${version}`], {
    cwd,
    env: { ...ENVIRONMENT, GOFLAGS: "", GONOSUMDB: module },
  });
  const answer: unknown = JSON.parse(stdout);
  if (
    typeof answer === "object" &&
    answer !== null &&
    "Dir" in answer &&
    "Sum" in answer &&
    typeof answer.Dir === "string" &&
    typeof answer.Sum === "string"
  ) {
    return { dir: answer.Dir, sum: answer.Sum };
  }
  throw new ToolchainError(
    "BUILD_INCOMPLETE",
    `Go fetched ${module} ${version} but did not say where it is.`,
    "Run `go clean -modcache` and repeat.",
  );
}

async function embedFiles(
  wrapper: string,
  scratch: string,
  embed: EmbeddedFiles,
  go: Go,
  onLine: (line: string) => void,
): Promise<void> {
  onLine(`go: downloading ${embed.module}`);
  const from = join(await moduleFolder(wrapper, embed.module, go), embed.folder);
  for (const file of embed.files) {
    const text = await readFile(join(from, file), "utf8");
    await writeFile(join(scratch, file), embed.transform?.(file, text) ?? text);
  }
}

async function hashFolder(folder: string): Promise<string> {
  const hash = createHash("sha256");
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.sort()) {
    hash
      .update(file.slice(folder.length))
      .update("\0")
      .update(await readFile(file))
      .update("\0");
  }
  return hash.digest("hex");
}
