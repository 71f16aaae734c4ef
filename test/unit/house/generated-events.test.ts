import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);

it("types the events of services as topics/ declares them; `npx kit generate events` writes the files again", async () => {
  const complaints = await run(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", "cli/main.mjs", "generate", "events", "--check"],
    { timeout: 240_000 },
  ).then(
    () => "",
    (error: { stdout: string; stderr: string }) => `${error.stdout}${error.stderr}` || String(error),
  );
  expect(complaints).toBe("");
}, 250_000);
