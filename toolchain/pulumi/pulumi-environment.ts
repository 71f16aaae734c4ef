import { randomBytes } from "node:crypto";
import { chmod, link, mkdir, rm, writeFile } from "node:fs/promises";
import { delimiter, dirname, join, resolve } from "node:path";
import { ToolchainError } from "../errors.ts";
import { cacheDirectory } from "../making/cache.ts";
import { findNode } from "../node.ts";
import { refreshPulumiHome } from "./plugins.ts";
import { findPulumi } from "./pulumi.ts";

/**
 * Returns the engine's environment for one project: `node` (>= 24.6), `pulumi` and its language host first on PATH, the
 * kit's own PULUMI_HOME with the plugins, a file backend in `<stateDir>/pulumi`, the passphrase file, and no lookups
 * over the network. It creates the backend's folder and the passphrase (random, 0600) if they are missing.
 *
 * The result holds only the variables that it sets. Merge it over `process.env`.
 *
 * @throws ToolchainError TOOL_MISSING if Node or the CLI is missing.
 */
export async function pulumiEnvironment(options: {
  stateDir: string;
  projectDir: string;
}): Promise<Record<string, string>> {
  const stateDir = resolve(options.stateDir);
  const [node, pulumi, home] = await Promise.all([
    findNode(),
    findPulumi(),
    refreshPulumiHome(["kafka", "postgresql", "kubernetes"]),
  ]);
  if (node === undefined || pulumi === undefined) {
    throw new ToolchainError(
      "TOOL_MISSING",
      `${node === undefined ? "Node" : "The Pulumi CLI"} is not prepared yet.`,
      "Run `npx kit doctor --fix`.",
    );
  }
  const backend = join(stateDir, "pulumi");
  await mkdir(backend, { recursive: true, mode: 0o700 });
  const passphrase = join(stateDir, "passphrase");
  await createPassphrase(passphrase);
  const folders = [dirname(node.binary), dirname(pulumi.binary), dirname(pulumi.languageHost)];
  return {
    PATH: [...new Set([...folders, ...(process.env.PATH ?? "").split(delimiter)])].join(delimiter),
    PULUMI_HOME: home,
    PULUMI_BACKEND_URL: `file://${backend}`,
    PULUMI_CONFIG_PASSPHRASE_FILE: passphrase,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_DISABLE_REGISTRY_RESOLVE: "true",
    // The program and the plugin `kit` load a thousand modules. With compiled modules they start in half the time.
    NODE_COMPILE_CACHE: join(cacheDirectory(), "compile"),
    KIT_STATE_DIR: stateDir,
    KIT_PROJECT_DIR: resolve(options.projectDir),
  };
}

/**
 * Creates the passphrase. It writes a draft and links it into place: two concurrent runs agree on one passphrase, and
 * an interrupted run leaves no partial file.
 */
async function createPassphrase(path: string): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString("hex")}`;
  await writeFile(temporary, randomBytes(32).toString("base64url"), { mode: 0o600, flag: "wx" });
  try {
    await link(temporary, path);
    await chmod(path, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}
