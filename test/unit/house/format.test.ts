import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);
const BIOME = createRequire(import.meta.url).resolve("@biomejs/biome/bin/biome");

it("follows the formatter and the linter; `npx biome check --write` mends most of it", async () => {
  const complaints = await run(process.execPath, [BIOME, "ci", "--colors=off", "--max-diagnostics=20", "."], {
    timeout: 120_000,
  }).then(
    () => "",
    (error: { stdout: string; stderr: string }) => `${error.stdout}${error.stderr}` || String(error),
  );
  expect(complaints).toBe("");
}, 130_000);
