/** `kit:index:File`. */
import { lstat, readFile, rm } from "node:fs/promises";
import { z } from "zod";
import { reasonOf } from "../../machine/coded-error.ts";
import { providerError } from "../errors.ts";
import { inputChanges } from "../property-diff.ts";
import type { PropertyChange, ResourceKind } from "../resource-kind.ts";
import { failuresOf } from "../validation.ts";
import { hasUnknown } from "../values.ts";
import { ensureFile, fileDrift, modeBits } from "./declared-file.ts";
import { absolutePath, octalMode } from "./file-rules.ts";

const schema = z.object({ path: absolutePath, content: z.string(), mode: octalMode.default("0600") });

async function write(path: string, content: string, mode: string): Promise<void> {
  try {
    await ensureFile(path, content, { mode: modeBits(mode) });
  } catch (error) {
    throw providerError(
      "file-unwritable",
      { path, reason: reasonOf(error instanceof Error && error.cause !== undefined ? error.cause : error) },
      error,
    );
  }
}

/** `kit:index:File`. */
export const fileKind: ResourceKind = {
  computedOutputs: [],
  async check({ news }) {
    return failuresOf(schema, news);
  },
  async diff({ olds, news, note }) {
    const changes: PropertyChange[] = inputChanges(olds, news, { replacing: ["path"] });
    if (changes.length === 0 && !hasUnknown(news)) {
      const { path, content, mode } = schema.parse(news);
      const drift = await fileDrift(path, content, modeBits(mode));
      if (drift !== "none") {
        note(
          drift === "missing"
            ? `${path} is missing and is written again`
            : `${path} was changed by hand (${drift}) and is mended`,
          "warning",
        );
        changes.push({ path: drift === "mode" ? "mode" : "content", change: "update", side: "output" });
      }
    }
    return { changes };
  },
  async create({ inputs }) {
    const { path, content, mode } = schema.parse(inputs);
    await write(path, content, mode);
    return { id: path, computed: {} };
  },
  async read({ id, state }) {
    try {
      const content = await readFile(id, "utf8");
      const mode = `0${((await lstat(id)).mode & 0o777).toString(8).padStart(3, "0")}`;
      const expected = schema.safeParse(state);
      const drifted = !expected.success || modeBits(expected.data.mode) !== modeBits(mode);
      return { content, ...(drifted ? { mode } : {}) };
    } catch {
      return undefined;
    }
  },
  async update({ inputs }) {
    const { path, content, mode } = schema.parse(inputs);
    await write(path, content, mode);
    return {};
  },
  async delete({ id }) {
    await rm(id, { force: true });
  },
};
