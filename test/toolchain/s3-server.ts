import { join } from "node:path";

import { findGoArtefact, type GoArtefact, makeGoArtefact } from "../../toolchain/making/go-artefact.ts";
import { TEST_PINNED } from "./versions.ts";
import { wrapperOf } from "./wrapper.ts";

/** versitygw: a server with the S3 API over a folder. For the tests of claim checks alone; users bring a server of their own. */
const ARTEFACT: GoArtefact = {
  name: "versitygw",
  version: TEST_PINNED.versitygw,
  binaries: { versitygw: { wrapper: wrapperOf("versitygw"), package: "github.com/versity/versitygw/cmd/versitygw" } },
};

/** The server's binary; undefined when it is not built. Never builds. */
export async function findS3Server(): Promise<string | undefined> {
  const folder = await findGoArtefact(ARTEFACT);
  return folder === undefined ? undefined : join(folder, "versitygw");
}

/**
 * Builds the server unless it is there: about a minute of processor time.
 *
 * @throws ToolchainError as `makeGoArtefact`.
 */
export async function makeS3Server(onLine: (line: string) => void): Promise<string> {
  return join(await makeGoArtefact(ARTEFACT, onLine), "versitygw");
}
